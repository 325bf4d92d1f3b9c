"""evaluate and bench: figures, without a workspace."""

from __future__ import annotations

import importlib
import importlib.util
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from app.commands.outcome import DONE, WRONG_USE, CommandFailedError
from app.commands.progress_line import ProgressLine
from app.commands.settings_file import chosen_settings

if TYPE_CHECKING:
    from core.config import DmadConfig
    from core.datasets import ProductData
    from core.evaluation.protocol import Evaluation, EvaluationPlan


def evaluate(options: Namespace) -> int:
    from core.datasets import read_dataset
    from core.device import choose_device
    from core.encoder import build_encoder
    from core.evaluation.file import read_figures, write_figures
    from core.evaluation.protocol import evaluate as run
    from core.evaluation.report import format_report
    from core.feature_store import FeatureStore
    from core.progress import Progress

    _check_evaluate(options)
    choice = choose_device(options.device)
    print(choice.reason)
    config = _config(options)
    layout = options.layout
    if layout == "auto" and options.protocol == "paper" and (options.data / "split_csv").is_dir():
        layout = "visa-fewshot"  # section 4.1
    products = read_dataset(options.data, options.products, layout)
    plan = _plan(options, config, products)
    done = read_figures(options.json) if options.resume and options.json.exists() else None
    encoder = build_encoder(config, choice.device, options.weights)
    scratch = TemporaryDirectory(prefix="twinbank-features-", ignore_cleanup_errors=True)
    # In files, so that memory holds however many images there are.
    with scratch as folder, ProgressLine() as line:
        store = FeatureStore(encoder, options.cache or Path(folder), outlier_folder=options.outliers)

        def report(progress: Progress) -> None:
            line(progress.stage, progress.done, progress.total)

        def save(so_far: Evaluation) -> None:
            if options.json is not None:
                write_figures(so_far, options.json)

        evaluation = run(products, plan, store, report, done=done, save=save)
    if options.json is not None:
        write_figures(evaluation, options.json)
    print(format_report(evaluation, paper=options.protocol == "paper"))
    if options.against is not None:
        _print_differences(options.against, evaluation)
    if options.report is not None:
        from core.evaluation.html.page import write_page

        write_page(evaluation, options.data, options.report)
        print(f"The report is in {options.report}.")
    return DONE


def _check_evaluate(options: Namespace) -> None:
    if options.resume and options.json is None:
        raise CommandFailedError("--resume goes on from a file of figures: name it with --json.", WRONG_USE)
    if options.transfer and not max(options.seen):
        raise CommandFailedError(
            "--transfer gives other products' defects: --seen needs a number above 0.", WRONG_USE
        )
    for file in (options.json, options.report):
        if file is not None and not file.absolute().parent.is_dir():
            raise CommandFailedError(f"There is no folder {file.parent} to write {file.name} in.", WRONG_USE)


def _config(options: Namespace) -> DmadConfig:
    from core.config import DmadConfig

    named = "paper" if options.paper else options.config
    if options.settings is not None:
        named = str(options.settings)
    if named == "default":
        return DmadConfig()
    if named == "paper":
        return DmadConfig.paper()
    if not Path(named).is_file():
        raise CommandFailedError(
            f"{named} is neither default nor paper nor a file of settings: name one of these with --config.",
            WRONG_USE,
        )
    return DmadConfig().with_settings(chosen_settings(Path(named), None, None) or {})


def _plan(options: Namespace, config: DmadConfig, products: Sequence[ProductData]) -> EvaluationPlan:
    from core.evaluation.inputs import read_seen_list
    from core.evaluation.protocol import EvaluationPlan

    listed = options.seen_list
    return EvaluationPlan(
        seen=options.seen,
        seeds=options.seeds,
        config=config,
        protocol=options.protocol,
        ablate=options.ablate,
        transfer=options.transfer,
        root=options.data,
        seen_list=None if listed is None else read_seen_list(listed, products, options.seeds),
    )


def _print_differences(other: Path, evaluation: Evaluation) -> None:
    from core.evaluation.experiment_report import format_differences
    from core.evaluation.file import read_figures

    print(format_differences(read_figures(other), evaluation, other.name))


def weights(options: Namespace) -> int:
    """Fetch a backbone's weights from where they are published, the one command that uses the network; or keep a file."""
    from core.backbone_specs import UnknownBackboneError, backbone_spec

    name = options.backbone
    try:
        spec = backbone_spec(name)
    except UnknownBackboneError as error:
        raise CommandFailedError(f"No weights to fetch: {error}.", WRONG_USE) from error
    if spec.embedded is not None:
        print(f"The weights of {name} come with the set-up: nothing to fetch.")
        return DONE
    from core.backbones import download_weights, keep_weights  # timm: seconds

    if options.file is not None:
        print(f"The weights of {name} are kept in {keep_weights(name, options.file)}.")
        return DONE
    print(f"Fetching the weights of {name} ...")
    print(f"They are in {download_weights(name)}.")
    return DONE


def bench(options: Namespace) -> int:
    name = f"benchmarks.{options.name}"
    if not options.name.isidentifier() or importlib.util.find_spec("benchmarks") is None:
        raise CommandFailedError(f"There is no benchmark called {options.name!r}.", WRONG_USE)
    if importlib.util.find_spec(name) is None:
        raise CommandFailedError(f"There is no benchmark called {options.name!r}.", WRONG_USE)
    return int(importlib.import_module(name).main(options.arguments) or DONE)
