#pragma once
// How a benchmark's server speaks: one JSON object a line in, one out, so that neither the start of a process nor the
// reading of a file is part of a time. What fails answers {"error": text}.

#include <omp.h>

#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "steepest/engine/bf16_kernels.hpp"
#include "steepest/engine/providers.hpp"
#include "steepest/io/record.hpp"

namespace steepest::bench {

using Json = nlohmann::ordered_json;

/// The description of a run, as records have it. Throws std::invalid_argument for a STEEPEST_KERNELS that names nothing here.
inline Json run_description() {
  RunDescription run;
  run.threads = omp_get_max_threads();
  run.kernels = kernels_in_force();
  run.kernels.emplace("bf16", bf16_kernel());
  return to_json(run);
}

/// Answers until the input ends.
template <class Server>
void serve(Server& server) {
  std::string line;
  while (std::getline(std::cin, line)) {
    Json reply;
    try {
      reply = server.answer(Json::parse(line));
    } catch (const std::exception& error) {
      reply = {{"error", error.what()}};
    }
    std::cout << reply.dump() << std::endl;
  }
}

}  // namespace steepest::bench
