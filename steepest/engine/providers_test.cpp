// Every routine resolves to one file, and files of one build serve them all; a foreign file among them is found and
// named.
#include "steepest/engine/providers.hpp"

#include <cblas.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <lapacke.h>

namespace steepest {
namespace {

using ::testing::HasSubstr;

const std::vector<Provider> debian{{"cblas_dgemm", "/lib/openblas-openmp/libblas.so.3"},
                                   {"dpotrf_", "/lib/openblas-openmp/liblapack.so.3"},
                                   {"dgesdd_", "/lib/openblas-openmp/libopenblasp-r0.3.21.so"},
                                   {"LAPACKE_dgesdd_work", "/lib/liblapacke.so.3"}};

// The calls make the linker keep both libraries, as in every program that uses the host engine.
TEST(Providers, ResolveWhatIsLinked) {
  double a = 4;
  double c = 0;
  cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, 1, 1, 1, 1, &a, 1, &a, 1, 0, &c, 1);
  ASSERT_EQ(c, 16);
  ASSERT_EQ(LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', 1, &a, 1), 0);
  ASSERT_EQ(a, 2);
  for (const Provider& provider : providers()) EXPECT_NE(provider.library, "") << provider.routine;
  EXPECT_EQ(mixed_builds(providers()), std::nullopt);
}

TEST(Providers, UnknownRoutineHasNoLibrary) {
  constexpr std::string_view none[] = {"cblas_no_such_routine"};
  EXPECT_EQ(providers(none).front().library, "");
}

TEST(MixedBuilds, OneFolderOfOpenBlasIsOneBuild) { EXPECT_EQ(mixed_builds(debian), std::nullopt); }

TEST(MixedBuilds, ForeignLapackIsNamed) {
  auto mixed = debian;
  mixed[1].library = "/opt/libtorch_cpu.so";
  const auto text = mixed_builds(mixed);
  ASSERT_TRUE(text.has_value());
  EXPECT_THAT(*text, HasSubstr("cblas_dgemm comes from /lib/openblas-openmp/libblas.so.3"));
  EXPECT_THAT(*text, HasSubstr("dpotrf_ from /opt/libtorch_cpu.so"));
}

TEST(MixedBuilds, TwoBuildsOfOpenBlasAreAMix) {
  auto mixed = debian;
  mixed[2].library = "/lib/openblas-pthread/libopenblasp-r0.3.21.so";
  EXPECT_TRUE(mixed_builds(mixed).has_value());
}

TEST(MixedBuilds, FilesOfACommonFolderAreTwoBuilds) {
  const std::vector<Provider> mixed{{"cblas_dgemm", "/usr/lib/libopenblas.so"}, {"dpotrf_", "/usr/lib/liblapack.so"}};
  EXPECT_TRUE(mixed_builds(mixed).has_value());
}

TEST(MixedBuilds, LapackeTakesNoSideUnlessItIsABlas) {
  auto whole = debian;
  whole[3].library = "/opt/libmkl_rt.so";
  EXPECT_TRUE(mixed_builds(whole).has_value());
}

TEST(Kernels, NameTheLibraryThatMultiplies) {
  EXPECT_THAT(blas_kernel(), HasSubstr("OpenBLAS"));
  EXPECT_EQ(kernels_in_force().at("cblas_dgemm"), blas_kernel());
}

}  // namespace
}  // namespace steepest
