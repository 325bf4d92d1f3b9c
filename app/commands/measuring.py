"""evaluate and bench: figures, without a workspace."""

import importlib
import importlib.util
import json
from argparse import Namespace

from app.commands.outcome import DONE, WRONG_USE, CommandFailedError
from app.commands.progress_line import ProgressLine


def evaluate(options: Namespace) -> int:
    from core.config import DmadConfig
    from core.datasets import read_dataset
    from core.device import choose_device
    from core.encoder import build_encoder
    from core.evaluation import EvaluationPlan
    from core.evaluation import evaluate as run
    from core.evaluation_report import format_table
    from core.feature_store import FeatureStore
    from core.progress import Progress

    choice = choose_device(options.device)
    print(choice.reason)
    config = DmadConfig.paper() if options.paper else DmadConfig()
    if options.settings is not None:
        config = DmadConfig.from_json(options.settings.read_text(encoding="utf-8"))
    products = read_dataset(options.data, options.products)
    store = FeatureStore(build_encoder(config, choice.device, options.weights))
    plan = EvaluationPlan(seen=options.seen, seeds=options.seeds, config=config)
    with ProgressLine() as line:

        def report(progress: Progress) -> None:
            line(progress.stage, progress.done, progress.total)

        evaluation = run(products, plan, store, report)
    print(format_table(evaluation))
    if options.json is not None:
        options.json.write_text(json.dumps(evaluation.to_json_object(), indent=1) + "\n", encoding="utf-8")
    return DONE


def weights(options: Namespace) -> int:
    """Fetch a backbone's weights from where they are published: the one command that uses the network."""
    from core.backbones import BACKBONES, download_weights

    if options.backbone not in BACKBONES:
        known = ", ".join(sorted(BACKBONES))
        raise CommandFailedError(f"There is no backbone {options.backbone!r}; there are {known}.", WRONG_USE)
    print(f"Fetching the weights of {options.backbone} ...")
    print(f"They are in {download_weights(options.backbone)}.")
    return DONE


def bench(options: Namespace) -> int:
    name = f"benchmarks.{options.name}"
    if not options.name.isidentifier() or importlib.util.find_spec("benchmarks") is None:
        raise CommandFailedError(f"There is no benchmark called {options.name!r}.", WRONG_USE)
    if importlib.util.find_spec(name) is None:
        raise CommandFailedError(f"There is no benchmark called {options.name!r}.", WRONG_USE)
    return int(importlib.import_module(name).main(options.arguments) or DONE)
