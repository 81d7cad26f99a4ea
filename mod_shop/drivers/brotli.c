/* SPDX-License-Identifier: MIT
 * libbrotlienc in one call: the whole reply is in memory. */
#include "brotli.h"

#ifdef SHOP_BROTLI

#include <brotli/encode.h>

/* The defaults of mod_brotli. From quality 10 on encoding takes about fifty times as long, which
 * suits files that are encoded once. Replies are smaller than the window of 256 KiB. */
#define QUALITY 5
#define WINDOW_BITS 18

bool shop_brotli_is_built(void)
{
    return true;
}

bool shop_brotli(char *out, apr_size_t *size, const char *bytes, apr_size_t count)
{
    return BrotliEncoderCompress(QUALITY, WINDOW_BITS, BROTLI_MODE_TEXT, count,
                                 (const uint8_t *)bytes, size, (uint8_t *)out) == BROTLI_TRUE;
}

#else

bool shop_brotli_is_built(void)
{
    return false;
}

bool shop_brotli(char *out, apr_size_t *size, const char *bytes, apr_size_t count)
{
    (void)out;
    (void)size;
    (void)bytes;
    (void)count;
    return false;
}

#endif
