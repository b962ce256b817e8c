#include "LLDBBridge.h"
