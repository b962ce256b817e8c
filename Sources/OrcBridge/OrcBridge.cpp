#include "OrcBridge.h"
