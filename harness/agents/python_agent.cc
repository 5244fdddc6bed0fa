#include "harness/agents/python_agent.h"

#include <string_view>

#include "harness/base/file.h"

namespace tidemark::embedded {
std::string_view python_sitecustomize();
std::string_view python_agent_init();
std::string_view python_agent_allocators();
std::string_view python_agent_collector();
std::string_view python_agent_complaints();
std::string_view python_agent_containers();
std::string_view python_agent_diagnosis();
std::string_view python_agent_fitting();
std::string_view python_agent_heap();
std::string_view python_agent_holders();
std::string_view python_agent_kept();
std::string_view python_agent_naming();
std::string_view python_agent_operations();
std::string_view python_agent_originals();
std::string_view python_agent_peak_watch();
std::string_view python_agent_referrers();
std::string_view python_agent_server();
std::string_view python_agent_sites();
std::string_view python_agent_source();
std::string_view python_agent_syntax();
std::string_view python_agent_tracer();
std::string_view python_agent_tracing();
std::string_view python_agent_turnover();
std::string_view python_agent_type_growth();
}  // namespace tidemark::embedded

namespace tidemark::agents {

Result<void> write_python_agent(const std::filesystem::path& folder) {
  const std::filesystem::path package = folder / "tidemark_agent";
  if (auto made = make_folders(package); !made) return made;
  const std::pair<std::filesystem::path, std::string_view> files[] = {
      {folder / "sitecustomize.py", embedded::python_sitecustomize()},
      {package / "__init__.py", embedded::python_agent_init()},
      {package / "allocators.py", embedded::python_agent_allocators()},
      {package / "collector.py", embedded::python_agent_collector()},
      {package / "complaints.py", embedded::python_agent_complaints()},
      {package / "containers.py", embedded::python_agent_containers()},
      {package / "diagnosis.py", embedded::python_agent_diagnosis()},
      {package / "fitting.py", embedded::python_agent_fitting()},
      {package / "heap.py", embedded::python_agent_heap()},
      {package / "holders.py", embedded::python_agent_holders()},
      {package / "kept.py", embedded::python_agent_kept()},
      {package / "naming.py", embedded::python_agent_naming()},
      {package / "operations.py", embedded::python_agent_operations()},
      {package / "originals.py", embedded::python_agent_originals()},
      {package / "peak_watch.py", embedded::python_agent_peak_watch()},
      {package / "referrers.py", embedded::python_agent_referrers()},
      {package / "server.py", embedded::python_agent_server()},
      {package / "sites.py", embedded::python_agent_sites()},
      {package / "source.py", embedded::python_agent_source()},
      {package / "syntax.py", embedded::python_agent_syntax()},
      {package / "tracer.py", embedded::python_agent_tracer()},
      {package / "tracing.py", embedded::python_agent_tracing()},
      {package / "turnover.py", embedded::python_agent_turnover()},
      {package / "type_growth.py", embedded::python_agent_type_growth()},
  };
  for (const auto& [path, text] : files)
    if (auto written = write_file(path, text); !written) return written;
  return {};
}

std::vector<std::pair<std::string, std::string>> agent_environment(
    const std::filesystem::path& sockets) {
  return {{"TIDEMARK_AGENT_DIR", sockets.string()}};
}

std::vector<std::pair<std::string, std::string>> agent_path_prefixes(
    const std::filesystem::path& folder) {
  // What a thread has freed and keeps for itself (up to 200 KiB) is in use for the C library's
  // counters: healthy servers with several threads "grew" by 100 to 400 bytes an iteration while
  // they filled it. Whoever sets this tunable too wins, because the later one does.
  return {{"PYTHONPATH", folder.string()}, {"GLIBC_TUNABLES", "glibc.malloc.tcache_count=0"}};
}

}  // namespace tidemark::agents
