/* SPDX-License-Identifier: MIT
 * zlib in one call: the whole reply is in memory. */
#define ZLIB_CONST
#include "gzip.h"

#include <limits.h>
#include <zlib.h>

/* The default of zlib and mod_deflate: level 9 takes twice the time and saves one percent. */
#define LEVEL 6
#define WINDOW_BITS (15 + 16) /* the largest window, 32 KiB; 16: gzip header and trailer */
#define MEMORY_LEVEL 9        /* 256 KiB during the call, for fewer and larger blocks */

bool shop_gzip(char *out, apr_size_t *size, const char *bytes, apr_size_t count)
{
    z_stream stream = { .next_in = (const Bytef *)bytes,
                        .avail_in = (uInt)count,
                        .next_out = (Bytef *)out,
                        .avail_out = (uInt)*size };
    int status;

    if (count > UINT_MAX || *size > UINT_MAX ||
        deflateInit2(&stream, LEVEL, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) !=
            Z_OK) {
        return false;
    }
    status = deflate(&stream, Z_FINISH);
    *size = stream.total_out;
    deflateEnd(&stream);
    return status == Z_STREAM_END;
}
