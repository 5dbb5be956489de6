// The conformance suite on the engine of libtorch, on the CPU: one matrix, and batches of three. As every matrix of a
// batch is compared with its own reference, a batch gives what a loop gives.

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>

#include <limits>
#include <type_traits>

#include "steepest/engine/aten.hpp"
#include "steepest/engine/conformance_factorizations.hpp"
#include "steepest/engine/conformance_passes.hpp"
#include "steepest/engine/conformance_products.hpp"
#include "steepest/engine/conformance_reductions.hpp"
#include "steepest/engine/conformance_updates.hpp"

namespace steepest::conformance {
namespace {

template <class T>
inline constexpr at::ScalarType type_of = c10::CppTypeToScalarType<T>::value;

/// The entries of values as a tensor [b, m, n] of f64.
at::Tensor tensor_of(const Batch& values) {
  const Dense& first = values.front();
  const auto size = static_cast<std::int64_t>(values.size());
  const at::Tensor result = at::empty({size, first.cols, first.rows}, at::TensorOptions(at::kDouble));
  double* out = result.mutable_data_ptr<double>();
  for (const Dense& A : values) out = std::copy(A.entries.begin(), A.entries.end(), out);
  return result.mT();
}

Batch batch_of(const at::Tensor& tensor) {
  Batch result;
  const at::Tensor by_columns = tensor.mT().to(at::kDouble).contiguous();
  const double* in = by_columns.const_data_ptr<double>();
  for (std::int64_t i = 0; i < tensor.size(0); ++i, in += tensor.size(1) * tensor.size(2)) {
    Dense A(tensor.size(1), tensor.size(2));
    std::copy_n(in, A.entries.size(), A.entries.begin());
    result.push_back(A);
  }
  return result;
}

template <class T, Index matrices>
class AtenSubject {
 public:
  using Engine = Aten<T>;
  static constexpr Index batch = matrices;
  static constexpr double gram_epsilon = std::is_same_v<T, double> ? 0x1p-52 : 0x1p-23;
  static constexpr double smallest = std::is_same_v<T, double>  ? 0x1p-1074
                                     : std::is_same_v<T, float> ? 0x1p-149
                                                                : 0x1p-133;
  static constexpr int exponent = std::is_same_v<T, double> ? 1000 : 120;

  Engine& engine() { return engine_; }

  TensorBatch matrix(const Batch& values, Layout layout) { return store(values, layout, type_of<T>); }
  TensorBatch gram(const Batch& values) {
    return store(values, Layout::rows, std::is_same_v<T, double> ? at::kDouble : at::kFloat);
  }
  /// A batch has its numbers on the device; those of a single matrix are known to the host.
  static TensorScalar scalar(const Numbers& s) {
    if (batch == 1) return s.front();
    const at::Tensor tensor = at::empty({batch, 1, 1}, at::TensorOptions(at::kDouble));
    std::copy(s.begin(), s.end(), tensor.mutable_data_ptr<double>());
    return TensorScalar(tensor);
  }

  static Batch read(const TensorBatch& X) { return batch_of(X.tensor()); }
  static Batch read_gram(const TensorBatch& A) { return batch_of(A.tensor()); }
  static Numbers read_scalar(const TensorScalar& s) {
    if (s.known()) return Numbers(batch, s.number());
    const at::Tensor tensor = s.tensor().expand({batch, 1, 1}).contiguous();
    const double* data = tensor.const_data_ptr<double>();
    return Numbers(data, data + batch);
  }
  static bool read_gate(const TensorGate& gate) { return gate.known() ? gate.open() : gate.tensor().item<bool>(); }

  bool padding_intact() {
    for (const TensorBatch& X : views_) X.tensor().fill_(std::nan(""));
    return std::all_of(buffers_.begin(), buffers_.end(),
                       [](const at::Tensor& buffer) { return buffer.isnan().all().item<bool>(); });
  }

 private:
  TensorBatch store(const Batch& values, Layout layout, at::ScalarType type) {
    const bool by_rows = layout == Layout::rows || layout == Layout::padded_rows;
    const Index padding = layout == Layout::padded_columns || layout == Layout::padded_rows ? 3 : 0;
    const at::Tensor source = by_rows ? tensor_of(values) : tensor_of(values).mT();
    const at::Tensor buffer = at::full({batch, source.size(1), source.size(2) + padding}, std::nan(""), type);
    const at::Tensor lines = buffer.narrow(-1, 0, source.size(2));
    lines.copy_(source);
    buffers_.push_back(buffer);
    return views_.emplace_back(by_rows ? lines : lines.mT());
  }

  Engine engine_;
  std::vector<at::Tensor> buffers_;
  std::vector<TensorBatch> views_;
};

using AtenSubjects =
    ::testing::Types<AtenSubject<double, 1>, AtenSubject<double, 3>, AtenSubject<float, 1>, AtenSubject<float, 3>,
                     AtenSubject<c10::BFloat16, 1>, AtenSubject<c10::BFloat16, 3>>;

INSTANTIATE_TYPED_TEST_SUITE_P(Aten, EngineProducts, AtenSubjects);
INSTANTIATE_TYPED_TEST_SUITE_P(Aten, EnginePasses, AtenSubjects);
INSTANTIATE_TYPED_TEST_SUITE_P(Aten, EngineReductions, AtenSubjects);
INSTANTIATE_TYPED_TEST_SUITE_P(Aten, EngineFactorizations, AtenSubjects);
INSTANTIATE_TYPED_TEST_SUITE_P(Aten, EngineUpdates, AtenSubjects);

static_assert(FactorEngine<Aten<double>> && ElementwiseEngine<Aten<double>>);
static_assert(FactorEngine<Aten<float>> && ElementwiseEngine<Aten<float>>);
static_assert(FactorEngine<Aten<c10::BFloat16>> && ElementwiseEngine<Aten<c10::BFloat16>>);

}  // namespace
}  // namespace steepest::conformance
