#include "steepest/engine/onednn_products.hpp"

#include <fmt/format.h>

#include <array>
#include <dnnl.hpp>
#include <map>
#include <mutex>

#include "steepest/engine/threads.hpp"

namespace steepest {
namespace {

using dnnl::memory;

// What a primitive is made for: m, n, k, the strides of A, B and the leading one of C, and whether it accumulates.
using Key = std::array<Index, 9>;

struct Product {
  dnnl::memory::desc A, B, C;
  dnnl::matmul primitive;
  std::size_t scratch;
};

template <class T>
memory::desc description(const MatrixView<T>& X, memory::data_type type) {
  return {{X.rows, X.cols}, type, memory::dims{X.row_stride, X.col_stride}};
}

// oneDNN runs a primitive on the threads that it was made for: one.
Product make_product(const dnnl::engine& engine, const MatrixView<const BFloat16>& A,
                     const MatrixView<const BFloat16>& B, OnednnProducts::Into into, const MatrixView<float>& C) {
  const SingleThreadedBlas here;
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (into == OnednnProducts::Into::accumulate) {
    dnnl::post_ops operations;
    operations.append_sum(1);
    attributes.set_post_ops(operations);
  }
  const auto a = description(A, memory::data_type::bf16);
  const auto b = description(B, memory::data_type::bf16);
  const auto c = description(C, memory::data_type::f32);
  const dnnl::matmul::primitive_desc chosen(dnnl::matmul::desc(a, b, c), attributes, engine);
  return {a, b, c, dnnl::matmul(chosen), chosen.scratchpad_desc().get_size()};
}

}  // namespace

struct OnednnProducts::Primitives {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  std::mutex guard;
  std::map<Key, Product> known;

  // C has unit stride along its rows. A reference into a map stays good while others are added.
  const Product& find(const MatrixView<const BFloat16>& A, const MatrixView<const BFloat16>& B, Into into,
                      const MatrixView<float>& C) {
    const Key key{C.rows,       C.cols,       A.cols,
                  A.row_stride, A.col_stride, B.row_stride,
                  B.col_stride, C.row_stride, into == Into::accumulate ? 1 : 0};
    const std::lock_guard lock(guard);
    const auto place = known.find(key);
    if (place != known.end()) return place->second;
    return known.emplace(key, make_product(engine, A, B, into, C)).first->second;
  }
};

OnednnProducts::OnednnProducts() : primitives_(std::make_unique<Primitives>()) {}
OnednnProducts::~OnednnProducts() = default;

void OnednnProducts::multiply(const MatrixView<const BFloat16>& A, const MatrixView<const BFloat16>& B, Into into,
                              const MatrixView<float>& C, std::byte* scratch) {
  if (C.col_stride != 1) return multiply(B.transposed(), A.transposed(), into, C.transposed(), scratch);
  const Product& product = primitives_->find(A, B, into, C);
  const SingleThreadedBlas here;
  const dnnl::engine& engine = primitives_->engine;
  dnnl::stream stream(engine);
  const auto on = [&](const memory::desc& what, const void* data) {
    return memory(what, engine, const_cast<void*>(data));  // oneDNN has one type for what it reads and writes
  };
  const memory::desc bytes({static_cast<memory::dim>(product.scratch)}, memory::data_type::u8, memory::format_tag::a);
  product.primitive.execute(stream, {{DNNL_ARG_SRC, on(product.A, A.data)},
                                     {DNNL_ARG_WEIGHTS, on(product.B, B.data)},
                                     {DNNL_ARG_DST, on(product.C, C.data)},
                                     {DNNL_ARG_SCRATCHPAD, on(bytes, scratch)}});
}

std::size_t OnednnProducts::scratch_bytes(const MatrixView<const BFloat16>& A, const MatrixView<const BFloat16>& B,
                                          Into into, const MatrixView<float>& C) {
  if (C.col_stride != 1) return scratch_bytes(B.transposed(), A.transposed(), into, C.transposed());
  return primitives_->find(A, B, into, C).scratch;
}

bool bf16_in_hardware() {
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::avx512_core_bf16:
    case dnnl::cpu_isa::avx512_core_amx:
      return true;
    default:
      return false;
  }
}

std::string bf16_kernel() {
  if (!bf16_in_hardware()) return "OpenBLAS in f32 (SKIPPED: oneDNN in bf16, no AVX512-BF16 nor AMX here)";
  const dnnl_version_t* version = dnnl_version();
  const bool amx = dnnl::get_effective_cpu_isa() == dnnl::cpu_isa::avx512_core_amx;
  return fmt::format("oneDNN {}.{}.{}, {}", version->major, version->minor, version->patch,
                     amx ? "AMX" : "AVX512-BF16");
}

}  // namespace steepest
