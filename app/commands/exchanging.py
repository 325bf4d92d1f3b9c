"""import, export: images, verdicts and paintings from and to other programs' folders."""

from argparse import Namespace
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from app.commands.following import follow, follow_rest
from app.commands.outcome import DONE, FAILED
from app.commands.owner import FolderToImport, open_owner
from app.messages import plural


def import_folder(options: Namespace) -> int:
    folder = FolderToImport(
        options.root, options.layout, options.product, options.name_pattern, options.facts
    )
    with closing(open_owner(options, must_exist=False)) as owner:
        _show_plan(owner.preview_import(folder))
        if options.preview:
            return DONE
        report = follow(owner, owner.start_import(folder)).result
        follow_rest(owner)
    for file in report["refused"]:
        print(f"refused  {file['name']}: {file['reason']}")
    for name in report["filed_twice"]:
        print(f"filed both good and defective: {name}")
    there = report["already_there"]
    print(
        f"{plural(report['added'], 'image')} added, {there:,} {'was' if there == 1 else 'were'} already there, "
        f"{plural(len(report['refused']), 'file')} refused, {report['masks']} painted."
    )
    return DONE if report["added"] or report["already_there"] else FAILED


def export(options: Namespace) -> int:
    with closing(open_owner(options)) as owner:
        plan = owner.preview_export(options.layout, options.product)
        print(f"To write: {plural(plan['images'], 'image')}, {plan['painted']} painted.")
        for sentence in plan["losses"]:
            print(f"{options.layout} can't hold everything: {sentence}")
        if options.preview:
            return DONE
        report = follow(owner, owner.start_export(options.folder, options.layout, options.product)).result
    for file in report["left_out"]:
        print(f"left out  {file['name']}: {file['reason']}")
    print(f"{plural(report['images'], 'image')} written to {report['folder']}, {report['painted']} painted.")
    return DONE


def _show_plan(plan: Mapping[str, Any]) -> None:
    print(
        f"Found: {plural(plan['images'], 'image')} of {plural(len(plan['products']), 'product')}, "
        f"{plan['good']} good, {plan['defect']} defective, {plan['not_judged']} not judged, {plan['painted']} painted."
    )
    for file in plan["refused"]:
        print(f"left out  {file['name']}: {file['reason']}")
