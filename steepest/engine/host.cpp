#include "steepest/engine/host.hpp"

#include "steepest/engine/host_cholesky_inl.hpp"
#include "steepest/engine/host_passes_inl.hpp"
#include "steepest/engine/host_products_inl.hpp"
#include "steepest/engine/host_qr_inl.hpp"
#include "steepest/engine/host_spectral_inl.hpp"
#include "steepest/engine/host_triangles_inl.hpp"

namespace steepest {

template class Host<double>;
template class Host<float>;

}  // namespace steepest
