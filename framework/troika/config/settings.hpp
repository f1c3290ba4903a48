#pragma once

#include <troika/config/config_error.hpp>
#include <troika/config/setting.hpp>

#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troika::config {

using Environment = std::map<std::string, std::string>;

// The variables of a process: copy_environment(::environ).
Environment copy_environment(const char* const* variables);

// One line of help for a member, by its name ("port", or "limits.head" inside a nested struct).
struct Help {
    std::string_view member;
    std::string_view text;
};

// What to do after load().
struct Outcome {
    enum class Action { run, print, command };
    Action action = Action::run;
    std::string command;  // the name given to command(), for Action::command
    std::string text;     // print: what, with its last newline
    int exit_code = 0;    // print: 0 to standard output, 2 (usage, configuration) to standard error
    std::vector<std::string> notes;  // run: worth a line in the log
};

// The settings of a service: defaults < file < environment < flags, onto described structs.
//
//   {"server": {"port": 8080}}     TROIKA_SERVER__PORT=8080     --server.port 8080     --server.port=8080
//
//   Lifetime      The structs given to section() must live as long as this and stay where they are.
//   Threads       One.
//   Errors        Everything wrong is collected: unknown names with the nearest known one, wrong types, files
//                 that cannot be read. Then the structs hold a mixture and must not be used. A missing or
//                 superfluous line of help is a bug in the program and ends it.
//   Files         JSON with comments, at most 1 MB; an explicitly named one must exist.
//   Environment   Only names with a double underscore are ours. Others that begin with TROIKA_ are ignored,
//                 because Kubernetes makes such names for a Service called troika-anything.
class Settings final {
  public:
    Settings(std::string service, std::string version);

    // The values `options` has now are the defaults.
    template <data::Described T>
    void section(std::string_view name, T& options, std::initializer_list<Help> help) {
        std::vector<Setting> found;
        detail::collect(found, std::string(name), options);
        add(name, std::move(found), help);
    }

    // A flag that is something else to do than to run: command("healthcheck", "...") for --healthcheck.
    void command(std::string_view name, std::string_view help);

    // Asked when every value that could be read is there, and that at `path` was: a text says what is
    // wrong with it.
    void rule(std::string_view path, std::function<std::optional<std::string>()> broken);

    // While the setting at `path` says "0: ...", `in_use` gives, as JSON, what is really used, and
    // nothing otherwise; print() shows it.
    void derived(std::string_view path, std::function<std::optional<std::string>()> in_use);

    // Settings that take effect without a restart; help() marks them.
    void reloadable(std::initializer_list<std::string_view> paths);

    // Reloading: `fresh` is made like these settings, borrows the sections it does not know (with
    // values of their own, the defaults), and is loaded from the same sources. Then this takes over
    // what is reloadable and names what has changed besides. Rules of borrowed sections are not asked.
    void borrow(const Settings& from);
    struct Changes {
        std::vector<std::string> taken;        // "log.level"
        std::vector<std::string> for_restart;  // changed, but fixed while the service runs
    };
    Changes take_over(const Settings& fresh);

    // `arguments` without the program's name. `default_file` is read if it exists and --config is absent.
    Outcome load(const std::vector<std::string>& arguments, const Environment& environment,
                 const std::string& default_file);
    // The same, but throws ConfigError for what is wrong.
    Outcome load_or_throw(const std::vector<std::string>& arguments, const Environment& environment,
                          const std::string& default_file);

    const std::vector<Setting>& all() const noexcept { return settings_; }
    // The effective configuration as a file of its own, with each value's source; secrets masked.
    std::string print() const;
    std::string help(const std::string& default_file) const;

  private:
    struct Command {
        std::string name, help;
    };
    struct Rule {
        std::string path;
        std::function<std::optional<std::string>()> broken;
    };
    void add(std::string_view name, std::vector<Setting> found, std::initializer_list<Help> help);
    Setting& known(std::string_view path, const char* what);
    void check_rules(std::vector<Problem>& problems) const;

    std::string service_, version_;
    std::vector<Setting> settings_;
    std::vector<Command> commands_;
    std::vector<Rule> rules_;
};

}  // namespace troika::config
