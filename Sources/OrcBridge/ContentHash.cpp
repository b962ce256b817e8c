// The content hash behind build-ids. LLVM's BLAKE3 is vectorised, already loaded and its C interface is stable.
#include "ContentHash.h"
#include "llvm-c/blake3.h"

extern "C" void orc_content_hash(const void *bytes, size_t size, uint8_t *digest) {
  llvm_blake3_hasher hasher;
  llvm_blake3_hasher_init(&hasher);
  llvm_blake3_hasher_update(&hasher, bytes, size);
  llvm_blake3_hasher_finalize(&hasher, digest, 20);
}
