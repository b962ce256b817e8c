// The system calls of the executor, behind functions that look the same on every platform it is ported to.
#pragma once

#include "Arguments.h"
#include "Channel.h"
#include "DebugInterface.h"
#include "Door.h"
#include "EmulatedTLS.h"
#include "Frames.h"
#include "Libraries.h"
#include "Memory.h"
#include "Network.h"
#include "Processes.h"
#include "Relay.h"
#include "SHA256.h"
#include "Service.h"
#include "StandardStreams.h"
#include "Threads.h"
#include "Wrappers.h"
