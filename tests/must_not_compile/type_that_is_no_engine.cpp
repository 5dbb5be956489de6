// A type with the shape of an engine but without its verbs is not taken for one.
#include "steepest/engine/engine.hpp"
#include "steepest/engine/host.hpp"

/// Names the types of an engine and has none of its verbs.
struct NamesAlone {
  using Matrix = steepest::MatrixView<double>;
  using Gram = Matrix;
  using Scalar = double;
  using Gate = bool;
};

#ifdef MUST_NOT_COMPILE
using Asked = NamesAlone;
#else
using Asked = steepest::Host<double>;
#endif

template <class E>
requires steepest::Engine<E>
void take(E&) {}

void ask(Asked& la) { take(la); }
