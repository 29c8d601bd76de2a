// Addresses of a Redis, as people write them.
#include "bus/redis_url.h"

#include <gtest/gtest.h>

#include <string>

#include "core/status.h"

namespace vigil::bus {
namespace {

TEST(RedisUrl, IsRead) {
  auto url = RedisUrl::Parse("redis://127.0.0.1");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(url->where(), "127.0.0.1:6379");
  EXPECT_TRUE(url->is_loopback());

  url = RedisUrl::Parse("redis://vigil:p%40ss%3Aword@cache.example:7000/3");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(url->user, "vigil");
  EXPECT_EQ(url->password, "p@ss:word");
  EXPECT_EQ(url->where(), "cache.example:7000");
  EXPECT_EQ(url->database, 3);
  EXPECT_FALSE(url->is_loopback());

  url = RedisUrl::Parse("redis://:secret@[::1]:7000/");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(url->user, "");
  EXPECT_EQ(url->password, "secret");
  EXPECT_EQ(url->where(), "[::1]:7000");
  EXPECT_TRUE(url->is_loopback());
}

TEST(RedisUrl, WhatIsNoneIsRefusedWithoutItsPassword) {
  for (const char* text :
       {"", "127.0.0.1", "http://127.0.0.1", "redis://", "redis://host:0", "redis://host:65536",
        "redis://host:12a", "redis://host/db", "redis://[::1", "redis://:sec%zz@host",
        "redis://u:secret@", "redis://u:secret@host:x"}) {
    const auto url = RedisUrl::Parse(text);
    ASSERT_FALSE(url.ok()) << text;
    EXPECT_EQ(MessageOf(url.status()).find("secret"), std::string::npos) << url.status();
  }
  EXPECT_FALSE(RedisUrl::Parse("redis://" + std::string(5000, 'a')).ok());
}

}  // namespace
}  // namespace vigil::bus
