// The connection to the controller, written to by two processes: a session's child and its supervisor.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// A connected socket with the state that both processes share. Create it before forking.
typedef struct channel channel;

/// Takes the socket over. Null if there is no memory to share.
channel *_Nullable channel_create(int socket);

/// The writing ends of the pipes for the program's output, which the session's process inherits.
void channel_set_writers(channel *self, int standard_output, int standard_error);
int channel_writer(const channel *self, bool of_standard_error);

/// Lets the descriptors of the channel and its pipes pass to the program that this process is about to become.
void channel_hand_over(channel *self);
/// Takes over what `channel_hand_over` left to this process. Null if there is no such thing.
channel *_Nullable channel_adopt(void);

/// Sends one frame, undivided. Returns 0 or an errno value: EPIPE when the controller has gone or a writer died inside
/// a frame.
int channel_write(
    channel *self, const uint8_t *header, size_t header_size, const uint8_t *_Nullable payload, size_t payload_size);

/// Sends words under a tag: a call to which there is no answer. May be called in signal handlers.
int channel_notify(channel *self, uint64_t tag, const uint64_t *words, size_t count);

/// Waits until no frame is being written and keeps other writers of this process from beginning one.
void channel_hold(channel *self);

/// Fills `bytes` from the socket. Returns 0 or an errno value, or -1 if the controller closed the connection before the
/// first byte.
int channel_read(channel *self, uint8_t *bytes, size_t size);

/// The reader says when it begins to take a frame and when it has done what that asks for.
void channel_set_reading(channel *self, bool is_reading);
/// Whether something has arrived that the reader has not done. May be called in signal handlers.
bool channel_is_being_read(const channel *self);

/// From now on, until `channel_hand_over`, the supervisor is told of calls of a function. `channel_arrivals` becomes readable there
/// whenever something arrives, until `channel_take_arrival`; that tells whether such a call is among what has not been read yet.
void channel_announce(channel *self, uint64_t function);
int channel_arrivals(const channel *self);
bool channel_take_arrival(channel *self);

/// Reads and drops what has arrived. Returns false once the controller has closed the connection.
bool channel_discard_input(channel *self);

/// Tells the controller that nothing will follow.
void channel_finish_writing(channel *self);
/// Ends the connection in both directions; whoever is blocked in a read or a write of it returns.
void channel_shut_down(channel *self);
int channel_socket(const channel *self);

/// Whose standard output and error arrive under these tags; set by the child before its output is forwarded.
void channel_set_tags(channel *self, uint64_t standard_output, uint64_t standard_error);
uint64_t channel_tag(const channel *self, bool of_standard_error);

/// The child counts the calls of JITed code, so that its supervisor knows whether it is idle.
void channel_begin_call(channel *self);
void channel_end_call(channel *self);
bool channel_is_idle(const channel *self);

/// Remembers that the program is to go on when the controller goes.
void channel_keep(channel *self);
bool channel_is_kept(const channel *self);

/// Remembers that the controller has been told about the session's end already.
void channel_set_hung_up(channel *self);
bool channel_has_hung_up(const channel *self);

#pragma clang assume_nonnull end
