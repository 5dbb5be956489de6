// The conformance suite on the engine of host memory, plain and counted.

#include "steepest/engine/conformance_factorizations.hpp"
#include "steepest/engine/conformance_host_memory.hpp"
#include "steepest/engine/conformance_narrow.hpp"
#include "steepest/engine/conformance_one_pass.hpp"
#include "steepest/engine/conformance_passes.hpp"
#include "steepest/engine/conformance_products.hpp"
#include "steepest/engine/conformance_reductions.hpp"
#include "steepest/engine/conformance_updates.hpp"
#include "steepest/engine/counting.hpp"
#include "steepest/engine/host.hpp"

namespace steepest::conformance {
namespace {

template <class T>
class HostSubject : public HostMemory<T> {
 public:
  using Engine = Host<T>;
  Engine& engine() { return engine_; }

 private:
  Engine engine_;
};

class CountedHostSubject : public HostMemory<double> {
 public:
  using Engine = Counting<Host<double>>;
  Engine& engine() { return engine_; }

 private:
  Host<double> host_;
  Engine engine_{host_};
};

using HostSubjects = ::testing::Types<HostSubject<double>, HostSubject<float>, CountedHostSubject>;

INSTANTIATE_TYPED_TEST_SUITE_P(Host, EngineProducts, HostSubjects);
INSTANTIATE_TYPED_TEST_SUITE_P(Host, EnginePasses, HostSubjects);
INSTANTIATE_TYPED_TEST_SUITE_P(Host, EngineReductions, HostSubjects);
INSTANTIATE_TYPED_TEST_SUITE_P(Host, EngineFactorizations, HostSubjects);
INSTANTIATE_TYPED_TEST_SUITE_P(Host, EngineUpdates, HostSubjects);
INSTANTIATE_TYPED_TEST_SUITE_P(Host, EngineOnePass, HostSubjects);
INSTANTIATE_TYPED_TEST_SUITE_P(Host, EngineNarrow, HostSubjects);

static_assert(OnePassEngine<Host<double>> && OnePassEngine<Host<float>> && OnePassEngine<Counting<Host<double>>>);
static_assert(NarrowingEngine<Host<double>> && NarrowingEngine<Host<float>> && NarrowingEngine<Counting<Host<double>>>);
static_assert(!NarrowingEngine<Host<BFloat16>> && !NarrowingEngine<Counting<Host<BFloat16>>>);
static_assert(FactorEngine<Host<double>> && ElementwiseEngine<Host<double>>);
static_assert(FactorEngine<Host<float>> && ElementwiseEngine<Host<float>>);
static_assert(FactorEngine<Counting<Host<double>>> && ElementwiseEngine<Counting<Host<double>>>);

}  // namespace
}  // namespace steepest::conformance
