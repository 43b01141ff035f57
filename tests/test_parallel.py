"""Worker processes end with their parent, and leave Ctrl-C to it."""

import os
import signal
import subprocess
import sys
import time

import pytest

# Reports the sessions of its two workers, keeps both busy, and names an interrupt on stdout.
PROGRAM = """
import os, signal, time
from nlpfeat.parallel import process_pool

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's background jobs ignore
    try:
        with process_pool() as pool:
            tasks = [pool.submit(time.sleep, 1) for _ in range(2 * os.cpu_count())]
            time.sleep(0.5)
            workers = list(pool._processes)
            while any(os.getsid(worker) != worker for worker in workers):
                time.sleep(0.05)
            print(*workers, flush=True)
            [task.result() for task in tasks]
            time.sleep(60)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGKILL])
def test_no_worker_and_no_traceback_outlives_the_parent(tmp_path, signum):
    """Signalled as by a terminal, which sends Ctrl-C to the whole process group; or killed."""
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
        start_new_session=True,
    ) as parent:
        workers = [int(word) for word in parent.stdout.readline().split()]
        os.killpg(parent.pid, signum)
        said, complaints = parent.communicate(timeout=60)
    assert workers
    assert ("interrupted" in said) == (signum == signal.SIGINT)
    assert "Traceback" not in complaints
    deadline = time.monotonic() + 30
    while any(map(alive, workers)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
