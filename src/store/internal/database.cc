#include "store/internal/database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "core/check.h"

namespace vigil::store::internal {
namespace {

// SQLite gives its files the permissions that the first one has.
absl::Status MakeFile(const std::filesystem::path& path) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) {
    return absl::PermissionDeniedError(
        fmt::format("outbox {}: {}; the folder must exist and be writable for this user",
                    path.string(), std::generic_category().message(errno)));
  }
  close(file);  // before SQLite opens it: closing later would drop SQLite's own locks
  return absl::OkStatus();
}

bool IsNoSpace(int error) { return error == ENOSPC || error == EDQUOT || error == EFBIG; }

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_), handle_(std::exchange(other.handle_, nullptr)) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(database_, other.database_);
  std::swap(handle_, other.handle_);
  return *this;
}

Statement::~Statement() { sqlite3_finalize(handle_); }

Statement& Statement::Start() {
  sqlite3_reset(handle_);
  next_ = 1;
  return *this;
}

Statement& Statement::Int(std::int64_t value) {
  VIGIL_CHECK(sqlite3_bind_int64(handle_, next_++, value) == SQLITE_OK);
  return *this;
}

// Errors of binding are misuse, or a text beyond SQLite's limit of 1 GB: ours are bounded before.
Statement& Statement::Text(std::string_view value) {
  const char* data = value.data() != nullptr ? value.data() : "";
  VIGIL_CHECK(sqlite3_bind_text(handle_, next_++, data, static_cast<int>(value.size()),
                                SQLITE_STATIC) == SQLITE_OK);
  return *this;
}

Statement& Statement::Blob(std::string_view value) {
  const char* data = value.data() != nullptr ? value.data() : "";
  VIGIL_CHECK(sqlite3_bind_blob(handle_, next_++, data, static_cast<int>(value.size()),
                                SQLITE_STATIC) == SQLITE_OK);
  return *this;
}

absl::StatusOr<bool> Statement::Step() {
  errno = 0;
  const int result = sqlite3_step(handle_);
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) {
    sqlite3_reset(handle_);
    return false;
  }
  const absl::Status error = database_->Error();
  sqlite3_reset(handle_);
  return error;
}

absl::Status Statement::Run() {
  auto row = Step();
  while (row.ok() && *row) row = Step();
  return row.status();
}

void Statement::Done() { sqlite3_reset(handle_); }

std::int64_t Statement::IntAt(int column) const { return sqlite3_column_int64(handle_, column); }

std::string Statement::TextAt(int column) const {
  const void* data = sqlite3_column_blob(handle_, column);
  const int size = sqlite3_column_bytes(handle_, column);
  return data == nullptr
             ? std::string()
             : std::string(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

bool Statement::IsNullAt(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const std::filesystem::path& path) {
  if (const absl::Status made = MakeFile(path); !made.ok()) return made;
  return Connect(path, SQLITE_OPEN_READWRITE);
}

absl::StatusOr<std::unique_ptr<Database>> Database::OpenToRead(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error)
    return absl::NotFoundError(fmt::format("outbox {}: there is none", path.string()));
  return Connect(path, SQLITE_OPEN_READONLY);
}

absl::StatusOr<std::unique_ptr<Database>> Database::Connect(const std::filesystem::path& path,
                                                            int flags) {
  sqlite3* handle = nullptr;
  flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;  // the owner has a lock of its own
  const std::string name = std::filesystem::absolute(path).string();
  const int result = sqlite3_open_v2(name.c_str(), &handle, flags, nullptr);
  std::unique_ptr<Database> database(new Database(path, handle));
  if (result != SQLITE_OK) return database->Error();
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, 2000);  // somebody looks into the file with a tool
  return database;
}

Database::~Database() { sqlite3_close_v2(handle_); }

absl::Status Database::Execute(const std::string& sql) {
  errno = 0;
  return sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK
             ? absl::OkStatus()
             : Error();
}

absl::StatusOr<Statement> Database::Prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    return Error();
  }
  return Statement(this, statement);
}

absl::StatusOr<std::int64_t> Database::Number(std::string_view sql) {
  auto statement = Prepare(sql);
  if (!statement.ok()) return statement.status();
  const auto row = statement->Step();
  if (!row.ok()) return row.status();
  return *row ? statement->IntAt(0) : 0;
}

std::int64_t Database::changes() const { return sqlite3_changes64(handle_); }
std::int64_t Database::last_row() const { return sqlite3_last_insert_rowid(handle_); }

absl::Status Database::Error() const {
  // SQLite does not always keep the cause of a failed write, so errno, which was 0 before the call,
  // is looked at as well.
  const int last = errno;
  const std::string file = fmt::format("outbox {}: ", path_.string());
  const int code = handle_ == nullptr ? SQLITE_NOMEM : sqlite3_errcode(handle_) & 0xFF;
  const std::string what = handle_ == nullptr ? "out of memory" : sqlite3_errmsg(handle_);
  const int system = handle_ == nullptr ? 0 : sqlite3_system_errno(handle_);
  if (code == SQLITE_FULL || (code == SQLITE_IOERR && (IsNoSpace(system) || IsNoSpace(last)))) {
    return absl::ResourceExhaustedError(
        file + "no space left; free some on its file system, or raise its size limit");
  }
  switch (code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::UnavailableError(file + "locked by another program; close what has it open");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(
          fmt::format("{}{}; move it away to start with an empty one", file, what));
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
      return absl::PermissionDeniedError(
          fmt::format("{}{}; file and folder must be writable for this user", file, what));
    case SQLITE_IOERR:
      return absl::UnavailableError(
          fmt::format("{}{} ({}); check the disk", file, what,
                      system != 0 ? std::generic_category().message(system) : "I/O"));
    default:
      return absl::InternalError(file + what);
  }
}

Transaction::~Transaction() {
  if (open_) database_.Execute("ROLLBACK").IgnoreError();  // a full disk may have done so already
}

absl::Status Transaction::Begin() {
  const absl::Status begun = database_.Execute("BEGIN IMMEDIATE");
  open_ = begun.ok();
  return begun;
}

absl::Status Transaction::Commit() {
  const absl::Status committed = database_.Execute("COMMIT");
  if (committed.ok()) open_ = false;
  return committed;
}

}  // namespace vigil::store::internal
