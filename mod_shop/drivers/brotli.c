/* SPDX-License-Identifier: MIT
 * libbrotlienc, in one call: replies are whole before they are encoded. */
#include "brotli.h"

#ifdef SHOP_BROTLI

#include <brotli/encode.h>

/* mod_brotli's defaults. From 10 on the encoder searches for the best of all parses and takes some
 * fifty times as long, which is for files that are encoded once; a larger window than 256 KiB
 * sees nothing more of a reply. */
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
