// Any template is read or refused in words; any name from a message stays what it has to be: one
// component of a path, the inside of a JSON string, one line, a mail that adds no header.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "actions/mail.h"
#include "actions/text_template.h"
#include "core/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vigil;
  const std::string text(reinterpret_cast<const char*>(data), size);
  actions::Delivery delivery;
  delivery.event.class_name = delivery.event.line = delivery.rule = text;
  if (const auto parsed = actions::TextTemplate::Parse(text); parsed.ok()) {
    parsed->Render(delivery, TimeZone(), actions::Escape::kNone);
  }
  const auto render = [&](actions::Escape escape) {
    return actions::TextTemplate::Parse("{class}")->Render(delivery, TimeZone(), escape);
  };
  const std::string file = render(actions::Escape::kFileName);
  VIGIL_CHECK(!file.empty() && file.front() != '.' && file.find('/') == std::string::npos);
  VIGIL_CHECK(nlohmann::json::accept("\"" + render(actions::Escape::kJson) + "\""));
  VIGIL_CHECK(render(actions::Escape::kNone).find_first_of("\r\n") == std::string::npos);

  actions::Mail mail;
  mail.subject = mail.text = mail.html = mail.id = mail.thread = text;
  mail.pictures = {{text, text}};
  const auto message = actions::BuildMessage(mail, {text, "a@x.org"}, {{text, "b@x.org"}}, 1 << 20);
  if (!message.ok()) return 0;
  const std::string head = message->substr(0, message->find("\r\n\r\n"));
  VIGIL_CHECK(head.find("\nBcc") == std::string::npos);
  for (std::size_t at = 0; (at = message->find('\n', at)) != std::string::npos; ++at) {
    VIGIL_CHECK(at > 0 && (*message)[at - 1] == '\r');
  }
  return 0;
}
