#include "lm/interrupt.hpp"

namespace steepest::lm {
namespace {

volatile std::sig_atomic_t signalled = 0;  // the only thing that a signal handler may write to

void note(int) { signalled = 1; }

}  // namespace

Interrupt::Interrupt() {
  signalled = 0;
  struct sigaction action = {};
  action.sa_handler = note;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigaction(SIGINT, &action, &previous_interrupt_);
  sigaction(SIGTERM, &action, &previous_terminate_);
}

Interrupt::~Interrupt() {
  sigaction(SIGINT, &previous_interrupt_, nullptr);
  sigaction(SIGTERM, &previous_terminate_, nullptr);
}

bool Interrupt::requested() const { return signalled != 0; }

}  // namespace steepest::lm
