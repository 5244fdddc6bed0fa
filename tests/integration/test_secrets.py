"""{{env:NAME}} is a secret: its value is in no file below the output folder and on no terminal."""

import pytest

from support import BRIEF, assert_refused, run_tidemark, server, start_tidemark

SECRET = "hunter2-s3cr3t"
OK = "scenarios:\n  ok: {request: {path: /}}\n"


def echoing(manner, environment="{PASSWORD: '{{env:SHOP_PASSWORD}}'}"):
    """A target that gets a secret and does not keep it to itself."""
    return server("server.py", manner, "PASSWORD", readiness="{path: /ready}", environment=environment)


def run_with(tmp_path, yaml, secret=SECRET):
    return run_tidemark(tmp_path, yaml, env={"SHOP_PASSWORD": secret})


def assert_nowhere(result, *secrets):
    for secret in secrets:
        places = [name for name, text in result.texts().items() if secret.encode() in text]
        assert places == [], f"{secret} is in {places}"


def test_a_target_that_prints_and_echoes_a_secret(tmp_path):
    result = run_with(tmp_path, echoing("echoes") + OK)
    assert result.code == 3
    assert_nowhere(result, SECRET)
    assert "the password is ***" in result.log("ok")
    assert "wrong password ***" in result.html


def test_a_content_type_that_echoes_a_secret(tmp_path):
    yaml = (
        echoing("echoes-type") + "scenarios:\n  ok: {request: {path: /}, expect: {content_type: text/csv}}\n"
    )
    result = run_with(tmp_path, yaml)
    assert result.code == 3
    assert "where 'text/csv' was expected" in result.stdout
    assert_nowhere(result, SECRET)


def test_a_secret_in_a_command_line(tmp_path):
    result = run_with(tmp_path, server("server.py", "healthy", "{{env:SHOP_PASSWORD}}") + BRIEF)
    assert "healthy ***" in result.scenario()["processes"][0]["command"]
    assert_nowhere(result, SECRET)


def test_a_secret_in_a_command_line_without_an_agent(tmp_path):
    """The audit names the process that is measured from outside only."""
    yaml = server("server.py", "healthy", "{{env:SHOP_PASSWORD}}", options=["-I"])
    result = run_with(tmp_path, yaml + BRIEF)
    assert "has no agent" in result.audit()["agent"]["detail"]
    assert_nowhere(result, SECRET)


def test_a_secret_in_a_request(tmp_path):
    result = run_with(
        tmp_path,
        server("server.py")
        + """
scenarios:
  ok:
    request:
      method: POST
      path: "/login?key={{env:SHOP_PASSWORD}}"
      body: "password={{env:SHOP_PASSWORD}}"
      headers: {Authorization: "Bearer {{env:SHOP_PASSWORD}}"}
    expect: {status: 201}
""",
    )
    assert result.code == 3
    assert "POST /login?key={{env:SHOP_PASSWORD}}" in result.stdout
    assert_nowhere(result, SECRET)


def test_a_secret_that_only_the_readiness_path_needs(tmp_path):
    result = run_with(
        tmp_path, server("server.py", readiness="{path: '/?key={{env:SHOP_PASSWORD}}'}") + BRIEF
    )
    assert result.code in (0, 4), result.stdout
    assert_nowhere(result, SECRET)


def test_a_secret_in_a_prepare_command_that_fails(tmp_path):
    prepare = "[[sh, -c, 'echo \"$0\"; exit 1', '{{env:SHOP_PASSWORD}}']]"
    result = run_with(tmp_path, server("server.py", prepare=prepare) + OK)
    assert result.code == 3
    assert "exited with code 1" in result.stdout
    assert_nowhere(result, SECRET)


def test_a_secret_that_a_shell_would_quote(tmp_path):
    """The failed command is printed so that it can be pasted into a shell: 'it'\\''s me'."""
    prepare = "[[sh, -c, exit 1, '{{env:SHOP_PASSWORD}}']]"
    result = run_with(tmp_path, server("server.py", prepare=prepare) + OK, "it's me-s3cr3t")
    assert result.code == 3
    assert_nowhere(result, "it's me-s3cr3t", "s me-s3cr3t")


def test_a_secret_at_the_place_where_a_body_is_cut(tmp_path):
    """The first 200 bytes of an unexpected answer are kept: half a secret is one too many."""
    result = run_with(tmp_path, echoing("echoes-late") + OK)
    assert result.code == 3
    assert_nowhere(result, SECRET, SECRET[:8])


def test_a_secret_at_that_place_beside_a_capture_that_found_nothing(tmp_path):
    """... where the same beginning of the body is part of the message, too."""
    yaml = """
scenarios:
  ok:
    request: {path: /}
    expect: {status: 500}
    capture: {token: {regex: "token=([0-9]+)"}}
"""
    result = run_with(tmp_path, echoing("echoes-late") + yaml)
    assert result.code == 3
    assert "capture 'token'" in result.stdout
    assert_nowhere(result, SECRET, SECRET[:8])


def test_a_secret_as_requests_encode_it(tmp_path):
    """A server's log has the address as it was sent."""
    yaml = server("server.py", "records", readiness="{path: /ready}")
    yaml += """
scenarios:
  ok:
    request: {path: /, query: {key: "{{env:SHOP_PASSWORD}}"}}
    iterations: {max: 40}
"""
    result = run_with(tmp_path, yaml, "abc+def/ghi==")
    assert_nowhere(result, "abc+def/ghi==", "abc%2Bdef%2Fghi%3D%3D")


def test_a_secret_of_several_lines(tmp_path):
    """A private key, say: the end of a log is cut into lines, and each of them is shown."""
    key = "-----BEGIN KEY-----\nAAAAfirst\nBBBBsecond\n-----END KEY-----\n"
    requires = "scenarios:\n  ok: {request: {path: /}, requires: [sh, -c, 'printenv PASSWORD; exit 1']}\n"
    assert_nowhere(run_with(tmp_path, echoing("echoes") + requires, key), "AAAAfirst", "BBBBsecond")
    assert_nowhere(run_with(tmp_path, echoing("echoes") + OK, key), "AAAAfirst", "BBBBsecond")


def test_a_secret_too_short_to_be_kept_is_refused(tmp_path):
    result = run_with(tmp_path, echoing("echoes") + OK, "abc")
    assert_refused(result, "{{env:SHOP_PASSWORD}} is a secret of 3 characters")


def test_a_secret_that_begins_like_another(tmp_path):
    environment = "{PASSWORD: '{{env:LONG_PASSWORD}}', SHORT: '{{env:SHORT_PASSWORD}}'}"
    secrets = {"SHORT_PASSWORD": "hunter", "LONG_PASSWORD": "hunter-and-gatherer"}
    result = run_tidemark(tmp_path, echoing("echoes", environment) + OK, env=secrets)
    assert_nowhere(result, "hunter", "gatherer")


@pytest.mark.parametrize("secret", ['quote"and\\backslash', "päßwörd-ü", "<script>&amp;"])
def test_a_secret_that_is_written_differently_in_each_format(tmp_path, secret):
    result = run_with(tmp_path, echoing("echoes") + OK, secret)
    assert result.code == 3
    in_json = secret.replace("\\", "\\\\").replace('"', '\\"')
    in_html = secret.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    assert_nowhere(result, secret, in_json, in_html)


def test_a_killed_run_leaves_no_secret(tmp_path):
    """The target's raw output lies in the temporary folder until the secrets are taken out of it."""
    yaml = echoing("echoes")
    yaml += "scenarios:\n  ok: {request: {path: /ready}, warmup: 50000, iterations: {max: 100000}}\n"
    with start_tidemark(tmp_path, yaml, env={"SHOP_PASSWORD": SECRET}) as run:
        run.wait_for_record('"event":"checkpoint"')
        run.kill()
        run.assert_nothing_left(patience=5)
    for path in (tmp_path / "tidemark-out").rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path
