// libtorch_cpu.so exports sgemm_, dgesdd_ and others of the BLAS inside it. Two BLAS in one process are two sets of threads
// and results that depend on who calls, so the first definition that the loader finds must be OpenBLAS's or LAPACK's
// own, for libtorch's calls too. The test fails where libtorch stands before OpenBLAS on the link line.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <string>

namespace {

/// The file that the loader takes `symbol` from, "" for none.
std::string provider(const char* symbol) {
  void* address = dlsym(RTLD_DEFAULT, symbol);
  Dl_info info = {};
  if (address == nullptr || dladdr(address, &info) == 0) return "";
  return info.dli_fname;
}

class Provider : public testing::TestWithParam<const char*> {};

TEST_P(Provider, IsOpenBlas) { EXPECT_NE(provider(GetParam()).find("libopenblas"), std::string::npos); }

INSTANTIATE_TEST_SUITE_P(Routines, Provider,
                         testing::Values("sgemm_", "dgemm_", "cblas_sgemm", "cblas_dgemm", "ssyrk_", "dsyrk_",
                                         "spotrf_", "dpotrf_", "dgeqrf_", "dgesdd_", "dsyevd_"),
                         [](const auto& routine) { return std::string(routine.param); });

// The control: the question does tell libraries apart.
TEST(Libtorch, AnswersForItsOwnNamesAndMultiplies) {
  EXPECT_NE(provider("aoti_torch_device_type_cpu").find("libtorch"), std::string::npos);
  EXPECT_EQ(torch::ones({2, 2}).matmul(torch::ones({2, 2})).sum().item<float>(), 8.0F);
}

}  // namespace
