#!/usr/bin/env python3
"""Checks and measures the trainer on a machine that has PyTorch, and perhaps a GPU, and nothing else of this project.

Here:   apt-get install -y --no-install-recommends python3-pil python3-h5py
        python3 gpu.py pack FOLDER --assets $MODELSPEC_ASSETS
There:  tar xf finetune-gpu.tar.xz && tar xf flowers17-256.tar.gz && tar xf weights.tar
        python3 finetune-gpu/gpu.py run

`pack` publishes the trainer and the parity program with their own .NET and without libtorch, and reduces the photos of Flowers-17 to their
middle square of 256 pixels, the part that training uses, in a low JPEG quality that both sides see. `run` uses the libtorch of the PyTorch that Python imports, or of --libtorch: doctor, parity of VGG16 and ResNet-50 with
PyTorch's numbers, a training by each spec, and the same training in PyTorch after it. It prints one table and writes results.json.
`--images N` is a trial with N photos of each class and two epochs.
"""
import argparse
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
MIB = 1 << 20
APP_LIMIT, IMAGES_LIMIT = 50 * MIB, 12 * MIB
SPECS = {"flowers17-mobilenet": "mobilenet", "flowers17": "vgg16", "flowers17-pooled": "vgg16-pooled"}
WEIGHTS = {"mobilenet": "mobilenet_7_5_224_tf_no_top.h5", "vgg16": "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"}
# PyTorch's numbers, next to this script or in the tests.
PARITY = {"vgg16": "vgg16_parity.json", "resnet50": "resnet50.json"}
ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": "8589934592", "MALLOC_TRIM_THRESHOLD_": "17179869184", "MALLOC_ARENA_MAX": "1"}


# ---------------------------------------------------------------- pack

def publish(repository, project, work, target):
    tasks = os.path.join(work, "bin", "Training.Tasks", "release", "FineTune.Build.Tasks.dll")
    subprocess.run(["dotnet", "publish", os.path.join(repository, project), "-c", "Release", "-r", "linux-x64", "--self-contained", "-v", "q", "-m:1",
                    "--artifacts-path", work, "-o", target, "-p:TorchBackend=none", "-p:DebugType=none", f"-p:FineTuneTasksAssembly={tasks}"], check=True)


def reduce_photos(source, target):
    from PIL import Image
    os.makedirs(target)
    for path in sorted(glob.glob(os.path.join(source, "*.jpg"))):
        photo = Image.open(path).convert("RGB")
        side = min(photo.size)
        left, top = (photo.width - side) // 2, (photo.height - side) // 2
        photo = photo.crop((left, top, left + side, top + side)).resize((256, 256), Image.LANCZOS)
        photo.save(os.path.join(target, os.path.basename(path)), quality=45, optimize=True)


def index_weights(path):
    """Where the arrays of a Keras file are, so that no library is needed to read them: [offset, shape] by name."""
    import h5py
    places = {}

    def add(name, item):
        if not isinstance(item, h5py.Dataset):
            return
        if item.id.get_offset() is None or item.dtype != "<f4":
            raise SystemExit(f"{path}: {name} is not stored as plain float32 numbers")
        places[name] = [item.id.get_offset(), list(item.shape)]
    with h5py.File(path, "r") as file:
        file.visititems(add)
    return places


def pack(arguments):
    repository = os.path.dirname(os.path.dirname(HERE))
    out, work = os.path.abspath(arguments.folder), os.path.join(os.path.abspath(arguments.folder), "work")
    bundle, photos, weights = (os.path.join(out, name) for name in ("finetune-gpu", "flowers17", "weights"))
    for folder in (bundle, photos, weights):
        shutil.rmtree(folder, ignore_errors=True)
    app = os.path.join(bundle, "app")
    for project in ("src/Training", "tests/Parity"):
        publish(repository, project, work, app)
    # Nothing is exported there.
    for path in glob.glob(os.path.join(app, "*onnxruntime*.so")) + glob.glob(os.path.join(app, "onnxruntime*.*")) + glob.glob(os.path.join(app, "*.xml")):
        os.remove(path)
    for name in ("gpu.py", "pytorch_flowers17.py"):
        shutil.copy(os.path.join(HERE, name), bundle)
    os.makedirs(os.path.join(bundle, "specs"))
    for spec in SPECS:
        shutil.copy(os.path.join(repository, "samples/Flowers17", spec + ".modelspec"), os.path.join(bundle, "specs"))
    for name in PARITY.values():
        own = os.path.join(HERE, name)
        shutil.copy(own if os.path.exists(own) else os.path.join(repository, "tests/Training.Tests/Reference", name), bundle)

    reduce_photos(os.path.join(arguments.assets, "flowers17/jpg"), os.path.join(photos, "jpg"))
    os.makedirs(weights)
    for name in WEIGHTS.values():
        source = os.path.join(arguments.assets, "weights", name)
        shutil.copy(source, weights)
        with open(os.path.join(weights, name + ".json"), "w") as file:
            json.dump(index_weights(source), file)

    sizes = {}
    for name, mode, content, limit in (("finetune-gpu.tar.xz", "w:xz", bundle, APP_LIMIT), ("flowers17-256.tar.gz", "w:gz", photos, IMAGES_LIMIT), ("weights.tar", "w", weights, None)):
        path = os.path.join(out, name)
        with tarfile.open(path, mode) as archive:
            archive.add(content, os.path.basename(content))
        sizes[name] = (os.path.getsize(path), limit)
    for name, (size, limit) in sizes.items():
        print(f"{name:24} {size / MIB:6.1f} MiB" + (f" of {limit / MIB:.0f}" if limit else ""))
    return 1 if any(limit and size > limit for size, limit in sizes.values()) else 0


# ---------------------------------------------------------------- run

class Trace:
    """What nvidia-smi says while a command runs: the mean utilisation in percent, and the most memory in MiB. None without nvidia-smi."""

    def __init__(self):
        self.samples, self._process = [], None
        if shutil.which("nvidia-smi"):
            query = ["nvidia-smi", "--query-gpu=utilization.gpu,memory.used", "--format=csv,noheader,nounits", "-i", "0", "-lms", "200"]
            self._process = subprocess.Popen(query, stdout=subprocess.PIPE, text=True)
            threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self._process.stdout:
            numbers = re.findall(r"\d+", line)
            if len(numbers) == 2:
                self.samples.append([time.time(), *map(int, numbers)])

    def end(self):
        if self._process:
            self._process.terminate()
        if not self.samples:
            return None, None
        return sum(sample[1] for sample in self.samples) / len(self.samples), max(sample[2] for sample in self.samples)


def command(arguments, environment=None):
    """Runs a command; what it printed, how it ended, its seconds, its peak memory in MiB, and the trace of the GPU."""
    trace, start = Trace(), time.perf_counter()
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, **(environment or {})})
    lines = []
    for line in process.stdout:
        lines.append(line)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    utilisation, memory = trace.end()
    return {"output": "".join(lines), "code": process.returncode, "seconds": time.perf_counter() - start,
            "host_mib": usage.ru_maxrss / 1024, "gpu_percent": utilisation, "gpu_mib": memory, "trace": trace.samples}


def find_libtorch():
    code = "import torch, os; print(os.path.join(os.path.dirname(torch.__file__), 'lib')); print(torch.__version__, torch.version.cuda, torch.cuda.is_available())"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    return found.stdout.split("\n")[:2] if found.returncode == 0 else (None, "none")


def prepare_spec(name, work, assets, images):
    """The spec, and the photos with their labels. In a trial: few photos and epochs."""
    text = open(os.path.join(HERE, "specs", name + ".modelspec")).read()
    photos = sorted(glob.glob(os.path.join(assets, "flowers17/jpg/*.jpg")))
    labelled = [[path, i // 80] for i, path in enumerate(photos)]
    folder = os.path.join(work, name)
    os.makedirs(folder, exist_ok=True)
    if images:
        classes = re.search(r"classes\s*=\s*\[(.*?)\]", text, re.S).group(1)
        names = re.findall(r'"([^"]+)"', classes)
        labelled = [pair for i, pair in enumerate(labelled) if i % 80 < images]
        for path, label in labelled:
            target = os.path.join(folder, "photos", names[label])
            os.makedirs(target, exist_ok=True)
            shutil.copy(path, target)
        text = text.replace('source = "flowers17"', 'source = "photos"')
        text = re.sub(r"(?m)^epochs = \d+", "epochs = 2", re.sub(r"(?m)^views = \d+", "views = 1", text))
    spec = os.path.join(folder, name + ".modelspec")
    open(spec, "w").write(text)
    return spec, labelled


def run(arguments):
    work = os.path.abspath(arguments.work)
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    libtorch, version = find_libtorch()
    named = arguments.libtorch or libtorch
    if not named:
        raise SystemExit("Python has no PyTorch; name a libtorch by --libtorch.")
    finetune = os.path.join(HERE, "app", "finetune")
    shared = ["--libtorch", named, "--cache", os.path.join(work, "cache")]
    rows, results = [], {"libtorch": named, "pytorch": version, "device": arguments.device}

    def note(name, result, verdict, peer=None):
        results[name] = {"here": result, "pytorch": peer}
        rows.append((name, verdict, result, peer))
        print(f"{name}: {verdict}", flush=True)
        if result["code"] != 0:
            print(result["output"], flush=True)

    print(f"libtorch: {named}; PyTorch of this Python (version, CUDA, device): {version}", flush=True)
    result = command([finetune, "doctor", *shared])
    print(result["output"], flush=True)
    note("doctor", result, "ok" if result["code"] == 0 else "FAILED")

    for model, reference in PARITY.items():
        result = command([os.path.join(HERE, "app", "Parity"), model, "--seed", "17", "--native", named, "--device", arguments.device, "--tolerance", "1e-4",
                          "--expected", os.path.join(HERE, reference)])
        note(f"parity {model}", result, "within 1e-4" if result["code"] == 0 else "FAILED")

    for name, recipe in SPECS.items():
        spec, labelled = prepare_spec(name, work, arguments.assets, arguments.images)
        result = command([finetune, "train", spec, "--device", arguments.device, "--precision", arguments.precision, "--assets", arguments.assets, *shared,
                          *(["--tf32"] if arguments.tf32 else [])], {**ALLOCATOR, "CUBLAS_WORKSPACE_CONFIG": ":4096:8"})
        accuracies = re.findall(r"test accuracy ([\d.]+)%", result["output"])
        peer = None
        if libtorch and not arguments.no_pytorch:
            photos = os.path.join(work, name + ".json")
            json.dump(labelled, open(photos, "w"))
            weights = os.path.join(arguments.assets, "weights", WEIGHTS[recipe.split("-")[0]])
            peer = command([sys.executable, os.path.join(HERE, "pytorch_flowers17.py"), recipe, photos, weights, "--device", arguments.device,
                            "--precision", arguments.precision, *(["--trial"] if arguments.images else []), *(["--tf32"] if arguments.tf32 else [])])
            peer["figures"] = json.loads(peer["output"].strip().split("\n")[-1]) if peer["code"] == 0 else None
        note(name, result, f"{accuracies[-1]}%" if accuracies else "FAILED", peer)

    print(f"\n{'':22} {'here':>12} {'seconds':>8} {'GPU %':>6} {'GPU MiB':>8} {'host MiB':>9}   {'PyTorch':>8} {'seconds':>8} {'GPU %':>6} {'GPU MiB':>8} {'ratio':>6}")
    for name, verdict, result, peer in rows:
        line = f"{name:22} {verdict:>12} {figures(result, True)}"
        if peer:
            accuracy = f"{100 * peer['figures']['accuracy']:.2f}%" if peer["figures"] else "FAILED"
            line += f"   {accuracy:>8} {figures(peer, False)} {result['seconds'] / peer['seconds']:6.2f}"
        print(line)
    with open(os.path.join(work, "results.json"), "w") as file:
        json.dump(results, file)
    print(f"\nEverything that was measured is in {os.path.join(work, 'results.json')}")
    return 1 if any(result["code"] != 0 for _, _, result, _ in rows) else 0


def figures(result, with_host):
    def number(value, width):
        return f"{'-':>{width}}" if value is None else f"{value:{width}.0f}"
    text = f"{result['seconds']:8.1f} {number(result['gpu_percent'], 6)} {number(result['gpu_mib'], 8)}"
    return text + (f" {number(result['host_mib'], 9)}" if with_host else "")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    packing = verbs.add_parser("pack", help="makes what is copied to the machine")
    packing.add_argument("folder")
    packing.add_argument("--assets", default=os.environ.get("MODELSPEC_ASSETS"), help="the folder with flowers17/jpg and weights")
    running = verbs.add_parser("run", help="checks and measures")
    running.add_argument("--device", default="cuda")
    running.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    running.add_argument("--tf32", action="store_true")
    running.add_argument("--libtorch", help="PyTorch's or libtorch's folder; that of this Python's PyTorch by default")
    running.add_argument("--assets", default=os.path.dirname(HERE), help="the folder with flowers17/jpg and weights")
    running.add_argument("--work", default="finetune-gpu-work", help="a folder for results; it is emptied first")
    running.add_argument("--images", type=int, help="a trial with so many photos of each class")
    running.add_argument("--no-pytorch", action="store_true", help="does not train in PyTorch")
    arguments = parser.parse_args()
    if getattr(arguments, "assets", None):
        arguments.assets = os.path.abspath(arguments.assets)
    return pack(arguments) if arguments.verb == "pack" else run(arguments)


if __name__ == "__main__":
    sys.exit(main())
