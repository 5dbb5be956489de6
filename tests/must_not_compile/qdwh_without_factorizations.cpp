// QDWH asked of an engine without factorizations is refused where it is asked, by the name of the concept.
#include "steepest/engine/host.hpp"
#include "steepest/polar/qdwh.hpp"

/// The host engine without one verb that FactorEngine asks for.
class ProductsOnly : public steepest::Host<double> {
 public:
  void cholesky(const Gram& A, const Gram& L) = delete;
};
static_assert(steepest::Engine<ProductsOnly>);

#ifdef MUST_NOT_COMPILE
using Asked = ProductsOnly;
#else
using Asked = steepest::Host<double>;
#endif

void ask(Asked& la, const Asked::Matrix& X, Asked::Matrix& U, const steepest::HalleySchedule& schedule) {
  steepest::qdwh(la, X, U, schedule);
}
