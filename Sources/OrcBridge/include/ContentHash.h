// A 160-bit content hash from libLLVM, for build-ids: the hash lld uses for `--build-id=sha1`.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Writes the first 20 bytes of the BLAKE3 hash of `size` bytes to `digest`.
void orc_content_hash(const void *_Nullable bytes, size_t size, uint8_t *_Nonnull digest);

#ifdef __cplusplus
}
#endif
