"""The command line: `python -m app.cli COMMAND`, usually reached through launch.py."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from app.commands.outcome import (
    EXIT_CODES,
    STOPPED,
    WRONG_USE,
    CommandFailedError,
    errors_told_as_sentences,
)
from app.settings import DEFAULT_PORT
from core.backbone_specs import BACKBONES
from core.config import IMAGE_SIZES

COMMANDS = (
    "serve",
    "demo",
    "import",
    "export",
    "fit",
    "teach",
    "score",
    "evaluate",
    "check",
    "weights",
    "bench",
)
AT_THE_DOOR = ("setup", "test")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and words[0] in AT_THE_DOOR:
        print(
            f"{words[0]} works before Twinbank is set up: run python3 launch.py {words[0]}.", file=sys.stderr
        )
        return WRONG_USE
    if not words or (words[0].startswith("-") and words[0] not in ("-h", "--help")):
        words.insert(0, "serve")
    options = _parser().parse_args(words)
    try:
        with errors_told_as_sentences():
            return int(_command(options.command)(options))
    except KeyboardInterrupt:
        print("\nStopped. What was finished is kept.", file=sys.stderr)
        return STOPPED
    except CommandFailedError as error:
        print(error, file=sys.stderr)
        return error.exit_code


def _command(name: str) -> Callable[[argparse.Namespace], int]:
    """Import only what this command needs: torch alone takes seconds."""
    if name in ("serve", "demo"):
        from app.commands import serving

        return serving.serve if name == "serve" else serving.demo
    if name in ("import", "export"):
        from app.commands import exchanging

        return exchanging.import_folder if name == "import" else exchanging.export
    if name in ("fit", "teach"):
        from app.commands import working

        return working.fit if name == "fit" else working.teach
    if name == "score":
        from app.commands.scoring import score

        return score
    if name == "check":
        from app.commands.checking import check

        return check
    from app.commands import measuring

    return {"evaluate": measuring.evaluate, "weights": measuring.weights, "bench": measuring.bench}[name]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="launch.py",
        description="Twinbank: show it a defect once. Without a command it serves the workspace.",
        epilog=EXIT_CODES,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_serving(commands)
    _add_working(commands)
    _add_measuring(commands)
    return parser


Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _add(commands: Commands, name: str, does: str, *examples: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        help=does,
        description=f"{does[0].upper()}{does[1:]}.",
        epilog="\n".join(["examples", *(f"  python3 launch.py {text}" for text in examples), "", EXIT_CODES]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--workspace", type=Path, default=Path("workspace"), metavar="DIR", help="default: ./workspace"
    )
    parser.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda"),
        default="auto",
        help="where to compute; auto tries the GPU",
    )
    parser.add_argument(
        "--author", metavar="NAME", help="whose name labels and versions carry; default: yours"
    )
    parser.add_argument(
        "--key", default=os.environ.get("TWINBANK_KEY"), help="access key of a running server"
    )
    return parser


def _add_serving(commands: Commands) -> None:
    serve = _add(
        commands,
        "serve",
        "open the app in the browser; without a workspace a demo one is built first",
        "serve",
        "serve --workspace /data/line3 --port 8000",
        "serve --host 0.0.0.0 --no-browser",
    )
    serve.add_argument(
        "--empty", action="store_true", help="start with an empty workspace instead of the demo"
    )
    demo = _add(
        commands,
        "demo",
        "build a workspace of rendered parts and open it",
        "demo",
        "demo --workspace try-out",
    )
    for parser in (serve, demo):
        parser.add_argument(
            "--host",
            default="127.0.0.1",
            help="other than this machine's own asks visitors for a printed key",
        )
        parser.add_argument(
            "--port", type=_port, default=DEFAULT_PORT, help="the next free one is taken from here"
        )
        parser.add_argument("--no-browser", action="store_true", help="only print the address")
        parser.add_argument(
            "--allow-host", action="append", default=[], metavar="NAME", help="a further name of this machine"
        )
        parser.add_argument(
            "--import-from",
            action="append",
            type=Path,
            default=[],
            metavar="DIR",
            help="with --host: a folder whose images visitors may import",
        )


def _add_working(commands: Commands) -> None:
    folder = _add(
        commands,
        "import",
        "take in a folder of images",
        "import photos --layout folder --product valve",
        "import mvtec --layout mvtec",
        'import photos --layout folder --name-pattern "{lot}_{part}_{shot}"',
    )
    folder.add_argument("root", type=Path, metavar="ROOT", help="the folder")
    folder.add_argument(
        "--layout",
        choices=("mvtec", "folder", "coco", "png", "yolo"),
        required=True,
        help="mvtec: <product>/train/good, test/<type>, ground_truth/<type>; folder: images anywhere below "
        "ROOT, folders called good or ok and defect, bad or ng give the verdict; coco: images and a .json with "
        "run lengths or polygons; png: images/, masks/<type>/, ignore/; yolo: images/, labels/, data.yaml",
    )
    folder.add_argument("--product", metavar="NAME", help="default: the folder's name")
    folder.add_argument(
        "--name-pattern", metavar="PATTERN", help="how names give {lot} {part} {shot} {station} {captured_at}"
    )
    folder.add_argument(
        "--facts", type=Path, metavar="CSV", help="a table: name, lot, part, shot, station, ..."
    )
    folder.add_argument("--preview", action="store_true", help="only say what would be taken in")
    _add_export(commands)
    fit = _add(
        commands,
        "fit",
        "build a model from the good images, teach it every painting",
        "fit",
        "fit --image-size 320",
        "fit --backbone wide_resnet50_2",
        "fit --settings settings.json",
    )
    _add_model_settings(fit)
    _add(commands, "teach", "teach the model what has been painted since", "teach")
    score = _add(
        commands,
        "score",
        "score image files: pass or reject",
        "score new/*.png",
        "score new --product valve --heatmaps heat --json scores.jsonl",
        "score new --json scores.jsonl --resume",
    )
    score.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="images, or folders of images")
    score.add_argument(
        "--product", default="auto", metavar="NAME", help="auto: the product it looks most like"
    )
    score.add_argument("--heatmaps", type=Path, metavar="DIR", help="write a heatmap (PNG) per image")
    score.add_argument(
        "--json", type=Path, metavar="FILE", help="write one JSON line per image, as it is done"
    )
    score.add_argument(
        "--resume", action="store_true", help="go on with --json FILE: leave out what it holds"
    )
    _add(commands, "check", "verify every file and record of a workspace", "check --workspace /data/line3")


def _add_export(commands: Commands) -> None:
    export = _add(
        commands,
        "export",
        "write images, masks, verdicts and their history to a new folder",
        "export handed-over --layout coco",
        "export valve-masks --layout png --product valve",
        "export handed-over --layout yolo --preview",
    )
    export.add_argument("folder", type=Path, metavar="FOLDER", help="where to; must not exist yet")
    export.add_argument(
        "--layout",
        choices=("mvtec", "coco", "coco-polygons", "png", "yolo"),
        required=True,
        help="coco and png keep every pixel; the others don't, and what they lose is said first",
    )
    export.add_argument("--product", metavar="NAME", help="default: all")
    export.add_argument(
        "--preview", action="store_true", help="only say what would be written, and what lost"
    )


def _add_model_settings(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "settings of the model",
        "They are kept with the version, and every lesson on it uses them: another backbone or image size needs "
        "a new fit. With none of these options the ones chosen for the last model hold again; with any, those "
        "not named are Twinbank's own.",
    )
    group.add_argument(
        "--backbone",
        metavar="NAME",
        help=f"network that looks at the images: {', '.join(sorted(BACKBONES))}; efficientnet_lite0 if not given. "
        "All but the efficientnets need their weights first: launch.py weights NAME",
    )
    group.add_argument(
        "--image-size",
        type=int,
        metavar="N",
        help=f"pixels an image is resized to: {', '.join(map(str, IMAGE_SIZES))}; 256 if not given; larger finds "
        "smaller defects and takes longer; dinov2 takes multiples of 14, dinov3 of 16",
    )
    group.add_argument(
        "--settings", type=Path, metavar="FILE", help='JSON with further settings, e.g. {"overkill": 0.02}'
    )


def _add_measuring(commands: Commands) -> None:
    evaluate = _add(
        commands,
        "evaluate",
        "measure the detector on a folder of parts with known defects",
        "evaluate --data parts",
        "evaluate --data parts --seen 0,1,10 --seeds 0,1,2 --cache features --json figures.json --report page.html",
        "evaluate --data parts --seen 0,1,10 --seeds 0,1,2 --cache features --json figures.json --resume",
        "evaluate --data visa --config paper --protocol paper --seen 0,1,5,10 --ablate --transfer --outliers dtd",
    )
    _add_data(evaluate)
    what = evaluate.add_argument_group("what is measured")
    what.add_argument("--seen", type=_numbers, default=(0, 10), metavar="N,N", help="painted defects taught")
    what.add_argument("--seeds", type=_numbers, default=(0,), metavar="N,N", help="which defects are taught")
    what.add_argument(
        "--seen-list", type=Path, metavar="FILE", help="which defects are taught, by name (JSON)"
    )
    what.add_argument(
        "--protocol",
        choices=("default", "paper"),
        default="default",
        help="paper: only what was seen is left out of the test images; prints the paper's tables",
    )
    what.add_argument("--ablate", action="store_true", help="also without each part of the method")
    what.add_argument("--transfer", action="store_true", help="also with other products' defects alone")
    out = evaluate.add_argument_group("what is written")
    out.add_argument("--json", type=Path, metavar="FILE", help="all figures, after every step")
    out.add_argument("--resume", action="store_true", help="go on from --json FILE where a run was cut")
    out.add_argument("--report", type=Path, metavar="FILE.html", help="a page with curves and pictures")
    out.add_argument("--against", type=Path, metavar="FILE", help="compare with another run's figures")
    out.add_argument("--cache", type=Path, metavar="DIR", help="keep patch features for the next run")
    how = evaluate.add_argument_group("the detector")
    settings = how.add_mutually_exclusive_group()
    settings.add_argument(
        "--config", default="default", metavar="NAME", help="default, paper, or a file of settings (JSON)"
    )
    settings.add_argument("--paper", action="store_true", help="the same as --config paper")
    settings.add_argument("--settings", type=Path, metavar="FILE", help="the same as --config FILE")
    how.add_argument("--weights", type=Path, metavar="FILE", help="weights of the backbone")
    how.add_argument(
        "--outliers", type=Path, metavar="DIR", help="outlier images, DTD say; default: built in"
    )
    weights = _add(
        commands,
        "weights",
        "download the weights of a backbone that does not come with Twinbank",
        "weights wide_resnet50_2",
        "weights dinov2_small --file dinov2_vits14_reg4_pretrain.pth",
    )
    weights.add_argument("backbone", metavar="NAME", help=f"one of {', '.join(sorted(BACKBONES))}")
    weights.add_argument(
        "--file", type=Path, metavar="FILE", help="keep the weights of this file (.safetensors, .pth) instead"
    )
    bench = _add(
        commands,
        "bench",
        "measure speed and accuracy",
        "bench speed --only coreset,latency",
        "bench accuracy --data parts",
        "bench promise --data parts",
        "bench lessons --data parts",
        "bench backbones",
        "bench coldstart --data parts --product cookie",
        "bench assist --data parts",
        "bench brush",
    )
    bench.add_argument("name", metavar="NAME", help="a module of the folder benchmarks")
    bench.add_argument("arguments", nargs=argparse.REMAINDER, help="handed to the benchmark")


def _add_data(evaluate: argparse.ArgumentParser) -> None:
    data = evaluate.add_argument_group("the images")
    data.add_argument("--data", type=Path, required=True, metavar="ROOT", help="a folder of products")
    data.add_argument("--products", type=_names, metavar="A,B", help="default: all")
    data.add_argument(
        "--layout",
        choices=("auto", "mvtec", "folder", "visa", "visa-fewshot", "visa-highshot"),
        default="auto",
        help="mvtec: <product>/train/good, test/<type>, ground_truth/<type>; folder: <product>/good, <type>, "
        "masks/<type>; visa...: split_csv/1cls.csv, 2cls_fewshot.csv or 2cls_highshot.csv; auto: what is there",
    )


def _port(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"a port is between 1 and 65535, not {number}")
    return number


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _numbers(text: str) -> tuple[int, ...]:
    try:
        numbers = tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"whole numbers with commas between, not {text!r}") from error
    if any(number < 0 for number in numbers):
        raise argparse.ArgumentTypeError(f"numbers from 0 up, not {text!r}")
    return numbers


if __name__ == "__main__":
    sys.exit(main())
