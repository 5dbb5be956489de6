#include "steepest/engine/onednn_products.hpp"

#include <array>
#include <dnnl.hpp>
#include <map>
#include <mutex>

#include "steepest/engine/threads.hpp"

namespace steepest {
namespace {

using dnnl::memory;

// What a primitive is made for: m, n, k, the strides of A, B and the leading one of C, the bytes of its entries; alpha, beta.
using Key = std::pair<std::array<Index, 9>, std::array<double, 2>>;

struct Product {
  dnnl::memory::desc A, B, C;
  dnnl::matmul primitive;
  std::size_t scratch;
};

template <class T>
memory::desc description(const MatrixView<T>& X) {
  const auto type = sizeof(T) == sizeof(float) ? memory::data_type::f32 : memory::data_type::bf16;
  return {{X.rows, X.cols}, type, memory::dims{X.row_stride, X.col_stride}};
}

dnnl::primitive_attr attributes_of(double alpha, double beta) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (alpha != 1) attributes.set_output_scales(0, {static_cast<float>(alpha)});
  if (beta == 0) return attributes;
  dnnl::post_ops operations;
  operations.append_sum(static_cast<float>(beta));
  attributes.set_post_ops(operations);
  return attributes;
}

// oneDNN runs a primitive on the threads that it was made for: one.
Product make_product(const dnnl::engine& engine, const memory::desc& a, const memory::desc& b, const memory::desc& c,
                     const dnnl::primitive_attr& attributes) {
  const SingleThreadedBlas here;
  const dnnl::matmul::primitive_desc chosen(dnnl::matmul::desc(a, b, c), attributes, engine);
  return {a, b, c, dnnl::matmul(chosen), chosen.scratchpad_desc().get_size()};
}

}  // namespace

struct OnednnProducts::Primitives {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  std::mutex guard;
  std::map<Key, Product> known;

  // C has unit stride along its rows. A reference into a map stays good while others are added.
  template <class T>
  const Product& find(double alpha, const MatrixView<const BFloat16>& A, const MatrixView<const BFloat16>& B,
                      double beta, const MatrixView<T>& C) {
    const Key key{{C.rows, C.cols, A.cols, A.row_stride, A.col_stride, B.row_stride, B.col_stride, C.row_stride,
                   Index{sizeof(T)}},
                  {alpha, beta}};
    const std::lock_guard lock(guard);
    const auto place = known.find(key);
    if (place != known.end()) return place->second;
    return known
        .emplace(key, make_product(engine, description(A), description(B), description(C), attributes_of(alpha, beta)))
        .first->second;
  }
};

OnednnProducts::OnednnProducts() : primitives_(std::make_unique<Primitives>()) {}
OnednnProducts::~OnednnProducts() = default;

template <class T>
void OnednnProducts::multiply(double alpha, const MatrixView<const BFloat16>& A, const MatrixView<const BFloat16>& B,
                              double beta, const MatrixView<T>& C, std::byte* scratch) {
  if (C.col_stride != 1) return multiply(alpha, B.transposed(), A.transposed(), beta, C.transposed(), scratch);
  const Product& product = primitives_->find(alpha, A, B, beta, C);
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

template <class T>
std::size_t OnednnProducts::scratch_bytes(double alpha, const MatrixView<const BFloat16>& A,
                                          const MatrixView<const BFloat16>& B, double beta, const MatrixView<T>& C) {
  if (C.col_stride != 1) return scratch_bytes(alpha, B.transposed(), A.transposed(), beta, C.transposed());
  return primitives_->find(alpha, A, B, beta, C).scratch;
}

using Factor = MatrixView<const BFloat16>;
template void OnednnProducts::multiply(double, const Factor&, const Factor&, double, const MatrixView<float>&,
                                       std::byte*);
template void OnednnProducts::multiply(double, const Factor&, const Factor&, double, const MatrixView<BFloat16>&,
                                       std::byte*);
template std::size_t OnednnProducts::scratch_bytes(double, const Factor&, const Factor&, double,
                                                   const MatrixView<float>&);
template std::size_t OnednnProducts::scratch_bytes(double, const Factor&, const Factor&, double,
                                                   const MatrixView<BFloat16>&);

}  // namespace steepest
