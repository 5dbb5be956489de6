#pragma once

#include "steepest/base/named.hpp"
