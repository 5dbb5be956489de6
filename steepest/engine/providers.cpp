#include "steepest/engine/providers.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace steepest {
namespace {

constexpr auto routines = std::to_array<std::string_view>({"cblas_sgemm",
                                                           "cblas_dgemm",
                                                           "cblas_ssyrk",
                                                           "cblas_dsyrk",
                                                           "cblas_strsm",
                                                           "cblas_dtrsm",
                                                           "sgemm_",
                                                           "dgemm_",
                                                           "ssyrk_",
                                                           "dsyrk_",
                                                           "strsm_",
                                                           "dtrsm_",
                                                           "strmm_",
                                                           "dtrmm_",
                                                           "sgemv_",
                                                           "dgemv_",
                                                           "spotrf_",
                                                           "dpotrf_",
                                                           "sgeqrf_",
                                                           "dgeqrf_",
                                                           "sgeqrt3_",
                                                           "dgeqrt3_",
                                                           "sgeqp3_",
                                                           "dgeqp3_",
                                                           "slarft_",
                                                           "dlarft_",
                                                           "ssyevd_",
                                                           "dsyevd_",
                                                           "sgesdd_",
                                                           "dgesdd_",
                                                           "sgesvd_",
                                                           "dgesvd_",
                                                           "LAPACKE_spotrf_work",
                                                           "LAPACKE_dpotrf_work",
                                                           "LAPACKE_sgeqrf_work",
                                                           "LAPACKE_dgeqrf_work",
                                                           "LAPACKE_sgeqrt3_work",
                                                           "LAPACKE_dgeqrt3_work",
                                                           "LAPACKE_sgeqp3_work",
                                                           "LAPACKE_dgeqp3_work",
                                                           "LAPACKE_slarft_work",
                                                           "LAPACKE_dlarft_work",
                                                           "LAPACKE_ssyevd_work",
                                                           "LAPACKE_dsyevd_work",
                                                           "LAPACKE_sgesdd_work",
                                                           "LAPACKE_dgesdd_work",
                                                           "LAPACKE_sgesvd_work",
                                                           "LAPACKE_dgesvd_work"});

std::string library_of(void* address) {
  Dl_info info = {};
  if (address == nullptr || dladdr(address, &info) == 0) return "";
  std::error_code unreadable;
  const auto resolved = std::filesystem::canonical(info.dli_fname, unreadable);
  return unreadable ? info.dli_fname : resolved.string();
}

std::string provider_of(std::string_view routine) {
  return library_of(dlsym(RTLD_DEFAULT, std::string(routine).c_str()));
}

bool is_interface_only(const std::filesystem::path& library) {
  return library.filename().string().starts_with("liblapacke.");
}

/// Two libraries are one build where this is the same.
std::string build_of(const std::filesystem::path& library) {
  const auto folder = library.parent_path();
  const bool own_folder = folder.filename().string().find("openblas") != std::string::npos;
  return (own_folder ? folder : library).string();
}

/// What a function without arguments answers, where the process has it.
std::string answer_of(const char* function) {
  auto* const ask = reinterpret_cast<char* (*)()>(dlsym(RTLD_DEFAULT, function));
  return ask == nullptr ? "" : ask();
}

/// "OpenBLAS 0.3.21" of "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ...".
std::string first_two_words(const std::string& text) {
  const auto first = text.find(' ');
  return first == std::string::npos ? text : text.substr(0, text.find(' ', first + 1));
}

}  // namespace

std::span<const std::string_view> blas_routines() { return routines; }

std::vector<Provider> providers(std::span<const std::string_view> routines) {
  std::vector<Provider> result;
  for (const std::string_view routine : routines) result.push_back({std::string(routine), provider_of(routine)});
  return result;
}

std::optional<std::string> mixed_builds(std::span<const Provider> providers) {
  const Provider* first = nullptr;
  for (const Provider& provider : providers) {
    if (provider.library.empty() || is_interface_only(provider.library)) continue;
    if (first == nullptr) first = &provider;
    if (build_of(provider.library) != build_of(first->library))
      return fmt::format("[engines] one build must serve BLAS and LAPACK; {} comes from {}, {} from {}", first->routine,
                         first->library, provider.routine, provider.library);
  }
  return std::nullopt;
}

std::string blas_kernel() {
  const std::string library = provider_of("cblas_sgemm");
  // The answer counts where it comes from the library that does the work.
  if (build_of(provider_of("openblas_get_config")) != build_of(library))
    return std::filesystem::path(library).filename().string();
  return fmt::format("{}, kernel {}", first_two_words(answer_of("openblas_get_config")),
                     answer_of("openblas_get_corename"));
}

std::map<std::string, std::string> kernels_in_force() {
  const std::string blas = provider_of("cblas_sgemm");
  std::map<std::string, std::string> kernels;
  for (const std::string_view routine :
       {"cblas_sgemm", "cblas_dgemm", "spotrf_", "dpotrf_", "sgeqrf_", "dgeqrf_", "sgesdd_", "dgesdd_"}) {
    const std::string library = provider_of(routine);
    kernels[std::string(routine)] =
        library == blas ? blas_kernel() : std::filesystem::path(library).filename().string();
  }
  return kernels;
}

}  // namespace steepest
