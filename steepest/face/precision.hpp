#pragma once

#include "steepest/plan/precision.hpp"
