#pragma once
// What libtorch is asked to do, for tests: the operators of this thread by name, and which of them make the host wait.

#include <ATen/record_function.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace steepest {

/// Records, while it lives, the operators that this thread calls. One at a time.
class OperatorTrace {
 public:
  OperatorTrace() : callback_(at::addThreadLocalCallback(at::RecordFunctionCallback(on_call))) { calls().clear(); }
  ~OperatorTrace() { at::removeCallback(callback_); }
  OperatorTrace(const OperatorTrace&) = delete;
  OperatorTrace& operator=(const OperatorTrace&) = delete;

  /// In the order of the calls, those that others make included.
  static const std::vector<std::string>& names() { return calls(); }

  /// Calls that ask a tensor for its values: on a device each waits for all that was queued before it. What else reads (item,
  /// is_nonzero, allclose, masked_select) calls one of these.
  static std::ptrdiff_t reads() {
    static constexpr std::array<std::string_view, 3> reading{"aten::_local_scalar_dense", "aten::nonzero",
                                                             "aten::equal"};
    return std::count_if(calls().begin(), calls().end(), [](const std::string& name) {
      return std::find(reading.begin(), reading.end(), name) != reading.end();
    });
  }

 private:
  static std::vector<std::string>& calls() {
    thread_local std::vector<std::string> names;
    return names;
  }
  static std::unique_ptr<at::ObserverContext> on_call(const at::RecordFunction& call) {
    calls().emplace_back(call.name());
    return nullptr;
  }

  at::CallbackHandle callback_;
};

}  // namespace steepest
