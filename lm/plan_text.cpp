#include "lm/plan_text.hpp"

#include <fmt/format.h>

#include "lm/model.hpp"
#include "lm/update.hpp"

namespace steepest::lm {

std::string plan_text(const Config& config, const PlanSource& source) {
  const auto& model = config.model;
  const auto& run = config.run;
  const Gpt gpt(model, run.seed);
  const Update update(config, gpt.parameters(), source);
  const Index tokens = run.batch * run.accumulate * model.context;
  auto text = fmt::format("model: {} layers, width {}, {} heads, context {}, MLP {} wide, {} weights\n", model.layers,
                          model.width, model.heads, model.context, mlp_width(model), gpt.size());
  text += update.routing_table();
  text += plan_lines(update.plans());
  text += fmt::format(
      "plan: {} steps of {} tokens, {} tokens in all; {} schedule, {} steps of warm-up; engine {}, {} threads\n",
      run.steps, tokens, run.steps * tokens, config.schedule.kind, config.schedule.warmup, config.optimizer.engine,
      run.threads);
  text += fmt::format("text: {}, training until {}, validation from {}; records and checkpoints in {}\n",
                      config.data.text, config.data.train_until, config.data.validate_from, run.out);
  return text;
}

}  // namespace steepest::lm
