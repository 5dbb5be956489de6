#include "steepest/engine/host.hpp"

#include "steepest/engine/host_factorizations_inl.hpp"
#include "steepest/engine/host_passes_inl.hpp"
#include "steepest/engine/host_products_inl.hpp"

namespace steepest {

template class Host<double>;
template class Host<float>;

}  // namespace steepest
