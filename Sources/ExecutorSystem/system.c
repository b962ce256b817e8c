#include "ExecutorSystem.h"
