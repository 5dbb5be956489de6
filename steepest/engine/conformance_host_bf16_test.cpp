// The conformance suite on the engine of host memory in bf16. Accumulation is in f32, so that the bounds are those of
// bf16 storage and f32 Grams. Run once more without the processor's instructions for bf16 (CMakeLists.txt).

#include "steepest/engine/conformance_factorizations.hpp"
#include "steepest/engine/conformance_host_memory.hpp"
#include "steepest/engine/conformance_passes.hpp"
#include "steepest/engine/conformance_products.hpp"
#include "steepest/engine/conformance_reductions.hpp"
#include "steepest/engine/conformance_updates.hpp"
#include "steepest/engine/host_bf16.hpp"

namespace steepest::conformance {
namespace {

/// Matrices in bf16, Grams in f32.
class HostBf16Subject : public HostMemory<BFloat16> {
 public:
  using Engine = Host<BFloat16>;
  static constexpr double gram_epsilon = 0x1p-23;
  static constexpr double smallest = 0x1p-133;
  static constexpr int exponent = 120;

  Engine& engine() { return engine_; }
  MatrixView<float> gram(const Batch& values) { return grams_.gram(values); }
  static Batch read_gram(const MatrixView<float>& A) { return HostMemory<float>::read(A); }
  bool padding_intact() { return HostMemory<BFloat16>::padding_intact() && grams_.padding_intact(); }

 private:
  HostMemory<float> grams_;
  Engine engine_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(HostBf16, EngineProducts, HostBf16Subject);
INSTANTIATE_TYPED_TEST_SUITE_P(HostBf16, EnginePasses, HostBf16Subject);
INSTANTIATE_TYPED_TEST_SUITE_P(HostBf16, EngineReductions, HostBf16Subject);
INSTANTIATE_TYPED_TEST_SUITE_P(HostBf16, EngineFactorizations, HostBf16Subject);
INSTANTIATE_TYPED_TEST_SUITE_P(HostBf16, EngineUpdates, HostBf16Subject);

static_assert(FactorEngine<Host<BFloat16>> && ElementwiseEngine<Host<BFloat16>>);

}  // namespace
}  // namespace steepest::conformance
