#pragma once
// What an optimizer does where a gradient is not finite.

#include <string_view>

namespace steepest {

/// What a NaN or an infinity in a gradient does to a step.
///   skip       the step changes nothing; for that every gradient is read once more, unless it is clipped
///   propagate  as in torch: nothing is looked for, and the rule's arithmetic makes of it what it makes
enum class NonFinite { skip, propagate };

/// "skip" or "propagate"; std::invalid_argument for another word.
NonFinite nonfinite_named(std::string_view name);

}  // namespace steepest
