"""A Ctrl-C that comes while DuckDB works."""

import subprocess
import sys
import textwrap
from pathlib import Path

PLUGINS = Path(__file__).parents[2] / "plugins"


def test_ctrl_c_inside_a_statement_stays_one_and_nothing_is_written(tmp_path: Path) -> None:
    script = """
        import os, signal, sys, threading, time
        from pathlib import Path
        from jira_staging.staging.duckdb_file import DuckDBFile

        # Whoever runs the tests in the background has it ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        file = DuckDBFile(Path("x.duckdb"), 1.0)
        with file.writing() as connection:
            connection.execute("CREATE TABLE t (n BIGINT)")

        def interrupt():
            begun.wait()
            time.sleep(0.2)
            os.kill(os.getpid(), signal.SIGINT)

        begun = threading.Event()
        threading.Thread(target=interrupt).start()
        try:
            with file.writing() as connection:
                connection.execute("INSERT INTO t VALUES (1)")
                begun.set()
                connection.execute("SELECT count(*) FROM range(20000) a, range(20000) b WHERE a.range <> b.range").fetchall()
        except KeyboardInterrupt as error:
            print("interrupted", error.__suppress_context__)
        with file.reading() as connection:
            print(connection.execute("SELECT count(*) FROM t").fetchall())
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        env={"PYTHONPATH": str(PLUGINS)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.splitlines() == ["interrupted True", "[(0,)]"], done.stderr
