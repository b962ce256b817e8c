// Listening for controllers.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// A socket address: room for any family.
struct network_address {
  uint64_t storage[16];
  uint32_t size;
};

/// The path in `unix:PATH`; null for other addresses.
const char *_Nullable network_path(const char *name);
/// Finds the address that `HOST:PORT` means, where the host is a number, in brackets if it is IPv6's, or a name; or `unix:PATH`.
/// Returns null or why not.
const char *_Nullable network_resolve(const char *name, struct network_address *address);
bool network_is_loopback(const struct network_address *address);

/// Returns a listening socket or a negated errno value. A socket file can be used by this user only.
int network_listen(const struct network_address *address);
/// Writes a line with `HOST:PORT` of a socket or of its peer, and returns the port; `unix:PATH` has port 0.
uint16_t network_address_text(int socket, bool of_peer, char *line, size_t size);

/// Returns a connection to somebody who listens, ready for use, or a negated errno value.
int network_dial(const struct network_address *address);
/// Returns the next connection, ready for use, or a negated errno value.
int network_accept(int socket);
/// Takes over a connection that somebody else opened. Returns its new descriptor, or a negated errno value if it is not
/// a stream socket.
int network_adopt(int socket);

/// Makes a file that holds a line with a number appear in one step. Returns 0 or an errno value.
int file_replace(const char *path, uint16_t number);
void file_remove(const char *path);
/// Reads up to `size` bytes from `offset` on; of a folder, of the list of its names, each with a zero behind it. Returns how many there were, or a negated errno value.
int64_t file_read(const char *path, uint64_t offset, uint8_t *_Nullable bytes, size_t size);

/// Writes a whole line to standard output. Returns 0 or an errno value.
int output_write(const char *text);
/// Writes to the executor's own standard error, even after the session's has been forwarded.
void output_report(const char *text);
/// Keeps the present standard error for `output_report`.
void output_keep_standard_error(void);

#pragma clang assume_nonnull end
