// SQLite, as much of it as the store uses: one connection, prepared statements, errors as values.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace vigil::store::internal {

class Database;

/// A prepared statement. Binding goes from the first parameter to the last:
/// `s.Start().Int(7).Text("x"); s.Step()`. Texts need to live until the next Start or Done.
class Statement {
 public:
  Statement() = default;
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  ~Statement();

  Statement& Start();
  Statement& Int(std::int64_t value);
  Statement& Text(std::string_view value);
  Statement& Blob(std::string_view value);

  /// True: there is a row.
  absl::StatusOr<bool> Step();
  /// To its end, rows passed over.
  absl::Status Run();
  /// Ends a reading before its last row; an unfinished one would hold back checkpoints.
  void Done();

  std::int64_t IntAt(int column) const;
  std::string TextAt(int column) const;
  bool IsNullAt(int column) const;

 private:
  friend class Database;
  Statement(Database* database, sqlite3_stmt* handle) : database_(database), handle_(handle) {}

  Database* database_ = nullptr;
  sqlite3_stmt* handle_ = nullptr;
  int next_ = 1;
};

/// One thread at a time. Outlives its statements.
class Database {
 public:
  /// Makes the file, readable and writable by its owner alone, where there is none.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::filesystem::path& path);
  /// Only to look into, beside whoever else has it open. NotFound.
  static absl::StatusOr<std::unique_ptr<Database>> OpenToRead(const std::filesystem::path& path);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  absl::Status Execute(const std::string& sql);
  absl::StatusOr<Statement> Prepare(std::string_view sql);
  /// The first column of the first row.
  absl::StatusOr<std::int64_t> Number(std::string_view sql);
  /// Rows that the last statement changed.
  std::int64_t changes() const;
  std::int64_t last_row() const;

  /// The last error as one line that names file and remedy. ResourceExhausted: no space;
  /// Unavailable: locked; DataLoss: damaged, or no database; PermissionDenied; Internal.
  absl::Status Error() const;
  const std::filesystem::path& path() const { return path_; }

 private:
  static absl::StatusOr<std::unique_ptr<Database>> Connect(const std::filesystem::path& path,
                                                           int flags);
  Database(std::filesystem::path path, sqlite3* handle) : path_(std::move(path)), handle_(handle) {}

  std::filesystem::path path_;
  sqlite3* handle_;
};

/// Rolls back at its end unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database) : database_(database) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  /// Takes the write lock at once, so that no later statement finds it taken.
  absl::Status Begin();
  absl::Status Commit();

 private:
  Database& database_;
  bool open_ = false;
};

}  // namespace vigil::store::internal
