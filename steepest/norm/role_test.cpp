// The role table: every role has a row at its own index, and its norm is that of the map it stands for. An embedding
// is stored as the transpose of the linear map of a one-hot input, so each token's row of D has RMS 1.
#include "steepest/norm/role.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

#include "steepest/engine/host.hpp"
#include "steepest/norm/norm.hpp"

namespace steepest {
namespace {

TEST(Role, TableIsInTheOrderOfTheEnumeration) {
  for (const RoleRow& row : role_table()) {
    EXPECT_EQ(&row_of(row.role), &row);
    EXPECT_EQ(role_named(row.name), row.role);
  }
  EXPECT_THROW(role_named("hiden"), std::invalid_argument);
}

TEST(Role, NameAndShapeDecide) {
  EXPECT_EQ(role_of("blocks.0.attention.query.weight", 128, 128), Role::hidden);
  EXPECT_EQ(role_of("embedding.weight", 256, 128), Role::embedding);
  EXPECT_EQ(role_of("transformer.wte.weight", 256, 128), Role::embedding);
  EXPECT_EQ(role_of("lm_head.weight", 256, 128), Role::head);
  EXPECT_EQ(role_of("unembedding.weight", 256, 128), Role::head);
  EXPECT_EQ(role_of("embedding_head", 256, 128), Role::head);
  EXPECT_EQ(role_of("blocks.0.heads_out.weight", 128, 128), Role::hidden);
  EXPECT_EQ(role_of("embedding.norm.gain", 1, 128), Role::vector);
  EXPECT_EQ(role_of("head.bias", 256, 1), Role::vector);
  EXPECT_EQ(role_of("temperature", 1, 1), Role::scalar);
}

TEST(Role, TokensOfAnEmbeddingGetRmsOneAndLogitsOfAHeadMoveByOne) {
  Host<double> la;
  const PreparedPolar prepared = prepare_polar({}, Host<double>::epsilon());
  std::vector<double> gradient{3, 4, -6, 8, 0, 1}, direction(6);
  const auto G = row_major(gradient.data(), 3, 2);
  auto D = row_major(direction.data(), 3, 2);
  auto Dt = D.transposed();
  ASSERT_TRUE(row_of(Role::embedding).transposed);
  duality_map(la, row_of(Role::embedding).norm, prepared, G.transposed(), Dt);
  for (Index i = 0; i < 3; ++i) EXPECT_NEAR(la.frobenius(D.block(i, 0, 1, 2)), std::sqrt(2.0), 1e-15);
  duality_map(la, row_of(Role::head).norm, prepared, G, D);
  // An input of RMS 1 along a row of D, x = sqrt(2) d_i / ||d_i||, moves logit i by <d_i, x> = 1.
  for (Index i = 0; i < 3; ++i) EXPECT_NEAR(la.frobenius(D.block(i, 0, 1, 2)) * std::sqrt(2.0), 1, 1e-15);
}

}  // namespace
}  // namespace steepest
