#include "steepest/engine/host.hpp"

#include "steepest/engine/host_cholesky_inl.hpp"
#include "steepest/engine/host_passes_inl.hpp"
#include "steepest/engine/host_products_inl.hpp"
#include "steepest/engine/host_qr_inl.hpp"
#include "steepest/engine/host_spectral_inl.hpp"
#include "steepest/engine/host_triangles_inl.hpp"

namespace steepest {

template <class T>
auto Host<T>::bf16() -> Narrow& {
  if (!narrow_) narrow_ = std::make_shared<Narrow>(arena_);
  return *narrow_;
}

template class Host<double>;
template class Host<float>;

}  // namespace steepest
