#include "steepest/engine/onednn_products.hpp"

#include <array>
#include <dnnl.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "steepest/engine/threads.hpp"

namespace steepest {
namespace {

using dnnl::memory;

// What a primitive is made for: m, n, k, the strides of A, B and the leading one of C, the bytes of its entries; alpha, beta.
using Key = std::pair<std::array<Index, 9>, std::array<double, 2>>;

/// What a primitive is run with: its matrices, whose memory changes from run to run, and the stream. Made once, for making them
/// costs more than a product of small matrices.
struct Call {
  dnnl::stream stream;
  std::array<memory, 4> matrices;
  std::array<dnnl_exec_arg_t, 4> arguments;

  Call(const dnnl::engine& engine, const memory::desc& A, const memory::desc& B, const memory::desc& C,
       const memory::desc& scratch)
      : stream(engine),
        matrices{memory(A, engine, nullptr), memory(B, engine, nullptr), memory(C, engine, nullptr),
                 memory(scratch, engine, nullptr)},
        arguments{{{DNNL_ARG_SRC, matrices[0].get()},
                   {DNNL_ARG_WEIGHTS, matrices[1].get()},
                   {DNNL_ARG_DST, matrices[2].get()},
                   {DNNL_ARG_SCRATCHPAD, matrices[3].get()}}} {}

  // oneDNN has one type for what it reads and writes.
  void run(const dnnl::matmul& primitive, const std::array<const void*, 4>& data) {
    for (std::size_t i = 0; i < data.size(); ++i)
      dnnl::error::wrap_c_api(dnnl_memory_set_data_handle(matrices[i].get(), const_cast<void*>(data[i])),
                              "oneDNN does not take this memory");
    dnnl::error::wrap_c_api(
        dnnl_primitive_execute(primitive.get(), stream.get(), static_cast<int>(arguments.size()), arguments.data()),
        "oneDNN could not run a product");
  }
};

struct Product {
  dnnl::memory::desc A, B, C;
  dnnl::matmul primitive;
  std::size_t scratch;
  std::vector<std::unique_ptr<Call>> idle = {};  // one for each thread that ran it at the same time
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
  Product& find(double alpha, const MatrixView<const BFloat16>& A, const MatrixView<const BFloat16>& B, double beta,
                const MatrixView<T>& C) {
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

  std::unique_ptr<Call> take(Product& product) {
    {
      const std::lock_guard lock(guard);
      if (!product.idle.empty()) {
        std::unique_ptr<Call> call = std::move(product.idle.back());
        product.idle.pop_back();
        return call;
      }
    }
    const memory::desc bytes({static_cast<memory::dim>(product.scratch)}, memory::data_type::u8, memory::format_tag::a);
    return std::make_unique<Call>(engine, product.A, product.B, product.C, bytes);
  }
  void give_back(Product& product, std::unique_ptr<Call> call) {
    const std::lock_guard lock(guard);
    product.idle.push_back(std::move(call));
  }
};

OnednnProducts::OnednnProducts() : primitives_(std::make_unique<Primitives>()) {}
OnednnProducts::~OnednnProducts() = default;

template <class T>
void OnednnProducts::multiply(double alpha, const MatrixView<const BFloat16>& A, const MatrixView<const BFloat16>& B,
                              double beta, const MatrixView<T>& C, std::byte* scratch) {
  if (C.col_stride != 1) return multiply(alpha, B.transposed(), A.transposed(), beta, C.transposed(), scratch);
  Product& product = primitives_->find(alpha, A, B, beta, C);
  const SingleThreadedBlas here;
  std::unique_ptr<Call> call = primitives_->take(product);
  call->run(product.primitive, {A.data, B.data, C.data, scratch});
  primitives_->give_back(product, std::move(call));
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
