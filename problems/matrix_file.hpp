#pragma once
// Real data: a matrix of a file, of which a part is shown.

#include <filesystem>

#include "problems/matrix_completion.hpp"

namespace steepest {

/// The matrix of an .npy file, less its mean and over its standard deviation, with the mask [u < observed] by
/// TorchRandom(data_seed). Throws FileError and DataError as read_npy, and DataError for entries that are not finite
/// or all equal; std::invalid_argument, tagged [problem], for a share outside (0, 1].
PartlyKnown partly_known_file(const std::filesystem::path& path, double observed, std::uint32_t data_seed);

}  // namespace steepest
