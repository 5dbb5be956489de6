#pragma once
// Who serves BLAS and LAPACK in this process. The loader takes each name from the first library that has it, so a
// second BLAS beside the first (another build of OpenBLAS, the one inside libtorch) can serve some names and not
// others: two sets of threads, and results that depend on who calls.

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace steepest {

/// One routine and the file that the loader takes it from.
struct Provider {
  std::string routine;
  std::string library;  // resolved path; empty where no library of the process has the routine
};

/// The names that this library and LAPACK underneath it call, in both precisions: cblas_*, Fortran, LAPACKE.
std::span<const std::string_view> blas_routines();

/// The provider of each routine, in the order given.
std::vector<Provider> providers(std::span<const std::string_view> routines = blas_routines());

/// A sentence that names two libraries of different builds that serve routines side by side; none where one build
/// serves all. One build is one file, or files of one folder named after OpenBLAS, where a distribution keeps libblas
/// and liblapack beside libopenblas. liblapacke takes no side: its routines hand on to LAPACK.
std::optional<std::string> mixed_builds(std::span<const Provider> providers);

/// What the library that serves cblas_sgemm says of itself: "OpenBLAS 0.3.21, kernel Zen"; its file name where it says
/// nothing.
std::string blas_kernel();

/// The kernels in force, as a run record wants them: routine -> library, for gemm and the LAPACK drivers of both
/// precisions.
std::map<std::string, std::string> kernels_in_force();

}  // namespace steepest
