// A tensor's role follows from its name and shape, by the rules that assignment.hpp states; what is told is taken
// instead, and refused where it does not fit, by name. A depthwise convolution never gets a polar map, whichever way
// it is asked for.
#include "steepest/norm/assignment.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "steepest/norm/preset.hpp"

namespace steepest {
namespace {

Assignment one(const TensorShape& tensor) { return assign_roles({&tensor, 1}).front(); }

Assignment told(const TensorShape& tensor, const Override& given) {
  return assign_roles({&tensor, 1}, {{tensor.name, given}}).front();
}

template <class F>
void refused(F&& f, const std::string& said) {
  try {
    f();
    ADD_FAILURE() << "taken, not refused: " << said;
  } catch (const std::invalid_argument& error) {
    EXPECT_NE(std::string(error.what()).find(said), std::string::npos) << error.what();
  }
}

TEST(Assignment, NamesAndShapesDecide) {
  struct Case {
    TensorShape tensor;
    Role role;
    Index rows, cols;
    Split split;
  };
  const std::vector<Case> cases{
      {{"temperature", {}}, Role::scalar, 1, 1, {}},
      {{"norm.bias", {8}}, Role::vector, 1, 8, {}},
      {{"cls_token", {1, 1, 8}}, Role::vector, 1, 8, {}},
      {{"blocks.0.mlp.up", {32, 8}}, Role::hidden, 32, 8, {}},
      {{"embed.weight", {100, 8}}, Role::embedding, 100, 8, {}},
      {{"pos_embed", {1, 16, 8}}, Role::embedding, 16, 8, {}},
      {{"lm_head.weight", {100, 8}}, Role::head, 100, 8, {}},
      {{"lm_head.weight", {100, 8}, true}, Role::tied_embedding, 100, 8, {}},
      {{"attn.qkv.weight", {24, 8}}, Role::hidden, 24, 8, Split::equal(3)},
      {{"attn.qkv.weight", {16, 8}}, Role::hidden, 16, 8, {}},
      {{"attn.in_proj_weight", {24, 8}}, Role::hidden, 24, 8, Split::equal(3)},
      {{"attention.query_key_value.weight", {24, 8}}, Role::hidden, 24, 8, {}},
      {{"mlp.gate_up_proj.weight", {40, 8}}, Role::hidden, 40, 8, Split::equal(2)},
      {{"mlp.experts.up", {4, 16, 8}}, Role::hidden, 64, 8, Split::equal(4)},
      {{"layer1.conv1.weight", {16, 3, 3, 3}}, Role::convolution, 16, 27, {}},
      {{"encoder.conv.weight", {16, 4, 3}}, Role::convolution, 16, 12, {}},
      {{"stem.weight", {16, 1, 3, 3}, false, 1}, Role::convolution, 16, 9, {}},
      {{"mixer.conv1d.weight", {16, 1, 4}}, Role::depthwise, 16, 4, {}},
      {{"mixer.filter", {16, 1, 4}}, Role::depthwise, 16, 4, {}},
      {{"dw.weight", {16, 1, 3, 3}, false, 16}, Role::depthwise, 16, 9, {}},
      {{"grouped.weight", {16, 4, 3, 3}, false, 2}, Role::convolution, 16, 36, Split::equal(2)},
  };
  for (const Case& each : cases) {
    const Assignment got = one(each.tensor);
    EXPECT_EQ(got.role, each.role) << each.tensor.name << ' ' << name(got.role);
    EXPECT_EQ(got.rows, each.rows) << each.tensor.name;
    EXPECT_EQ(got.cols, each.cols) << each.tensor.name;
    EXPECT_EQ(got.split, each.split) << each.tensor.name << ' ' << text(got.split);
  }
}

TEST(Assignment, TiesDoNotDependOnTheName) {
  for (const char* name : {"embed.weight", "lm_head.weight", "shared"})
    EXPECT_EQ(one({name, {100, 8}, true}).role, Role::tied_embedding);
}

TEST(Assignment, WhatIsToldIsTaken) {
  const Assignment row = told({"attn.qkv.weight", {16, 8}}, {std::nullopt, Split::blocks({8, 4, 4})});
  EXPECT_EQ(row.split, Split::blocks({8, 4, 4}));
  EXPECT_EQ(row.why, "told");
  EXPECT_EQ(told({"readout", {100, 8}}, {Role::head}).role, Role::head);
  EXPECT_EQ(told({"conv_table", {4, 6, 8}}, {Role::hidden}).split, Split::equal(4)) << "a stack of matrices after all";
}

TEST(Assignment, WhatDoesNotFitIsRefusedByName) {
  refused([] { told({"norm.gain", {8}}, {Role::hidden}); }, "norm.gain: hidden takes 2 dimensions, or 3");
  refused([] { told({"up", {32, 8}}, {Role::convolution}); }, "up: convolution takes 3 to 5 dimensions; shape [32, 8]");
  refused([] { told({"up", {32, 8}}, {Role::vector}); }, "up: vector takes one long dimension");
  refused([] { told({"up", {32, 8}}, {Role::scalar}); }, "up: scalar takes one entry");
  refused([] { told({"up", {4, 32, 8}}, {Role::head}); }, "up: head takes 2 dimensions");
  refused([] { told({"up", {32, 8}}, {std::nullopt, Split::equal(5)}); }, "up: 32 rows do not split into 5");
  refused([] { one({"volume", {2, 2, 2, 2, 2, 2}}); }, "volume: convolution takes 3 to 5 dimensions");
  const std::vector<TensorShape> twice{{"up", {32, 8}}, {"up", {8, 32}}};
  refused([&] { assign_roles(twice); }, "'up' came twice");
  const std::vector<TensorShape> one_tensor{{"blocks.up", {32, 8}}};
  refused(
      [&] {
        assign_roles(one_tensor, {{"block.up", {Role::hidden}}});
      },
      "'block.up', which is not there; closest: 'blocks.up'");
}

TEST(Assignment, DepthwiseConvolutionsNeverGetAPolarMap) {
  for (const TensorShape& tensor : {TensorShape{"mixer.conv1d.weight", {16, 1, 4}}, TensorShape{"dw", {16, 1, 3, 3}},
                                    TensorShape{"dw", {16, 1, 3, 3}, false, 16}}) {
    for (const Role role : {Role::hidden, Role::convolution, Role::embedding, Role::head, Role::tied_embedding})
      refused([&] { told(tensor, {role}); }, tensor.name + ": " + std::string(name(role)));
    const Role role = one(tensor).role;
    EXPECT_FALSE(needs_polar(row_of(role).norm));
    for (const RolePreset& preset : preset_table()) {
      const auto norm = row_of(preset, role).norm;
      EXPECT_FALSE(norm.has_value() && needs_polar(*norm)) << preset.name;
    }
  }
}

TEST(Assignment, TheTableShowsEachDecision) {
  const std::vector<TensorShape> tensors{{"attn.qkv.weight", {24, 8}}, {"norm.gain", {8}}};
  EXPECT_EQ(assignment_text(assign_roles(tensors)),
            "tensor           role                    shape  split                 why\n"
            "attn.qkv.weight  hidden                 24 x 8  equal(3)              name and 3n x n\n"
            "norm.gain        vector                  1 x 8  none                  one long dimension\n");
}

}  // namespace
}  // namespace steepest
