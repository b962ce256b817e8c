// Where connections come in: accepted or dialled, and kept outside until the other side has proved that it knows the token.
#pragma once

#include "Network.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Takes the token from a file that nobody else can read or change. Returns null or why not.
const char *_Nullable door_read_token(const char *path);

/// From now on `door_wait` dials this address whenever nothing is on its way in, with pauses.
void door_dial(const struct network_address *address);

/// Waits for `signals`, for connections of the socket `listener` (either may be -1), and for controllers to prove
/// themselves. Returns a connection that may come in, 0 if something else has happened, or a negated errno value.
int door_wait(int signals, int listener);

/// Waits until the controller at the other end of `connection` has proved itself. Returns it, or 0 when it has not.
int door_let_in(int connection);

/// For a session's process: closes all other connections and forgets the token.
void door_forget(void);

#pragma clang assume_nonnull end
