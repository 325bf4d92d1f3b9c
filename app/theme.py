"""How Twinbank looks: Gradio's theme, our own style sheet, and what stands in the page's head."""

from pathlib import Path

import gradio as gr

_FOLDER = Path(__file__).resolve().parent

THEME = gr.themes.Base(
    primary_hue=gr.themes.colors.blue,
    secondary_hue=gr.themes.colors.blue,
    neutral_hue=gr.themes.colors.zinc,
    text_size=gr.themes.sizes.text_sm,
    spacing_size=gr.themes.sizes.spacing_sm,
    radius_size=gr.themes.sizes.radius_md,
    # Gradio brings these files along; of its 600 weight only a few letters.
    font=(gr.themes.LocalFont("IBM Plex Sans", weights=(400, 700)), "system-ui", "sans-serif"),
    font_mono=(gr.themes.LocalFont("IBM Plex Mono", weights=(400, 700)), "ui-monospace", "monospace"),
).set(
    body_background_fill="#f4f4f5",
    body_background_fill_dark="#0c0c0e",
    background_fill_primary="#ffffff",
    background_fill_primary_dark="#18181b",
    background_fill_secondary="#fafafa",
    background_fill_secondary_dark="#202024",
    border_color_primary="#e4e4e7",
    border_color_primary_dark="#2e2e33",
    block_background_fill="transparent",
    block_background_fill_dark="transparent",
    block_border_width="0px",
    block_shadow="none",
    block_padding="0px",
    block_label_text_color="*body_text_color_subdued",
    body_text_color="#18181b",
    body_text_color_dark="#ececf0",
    body_text_color_subdued="#63636b",
    body_text_color_subdued_dark="#a1a1aa",
    color_accent="#2563eb",
    color_accent_soft="#e8effd",
    color_accent_soft_dark="#1d2a4a",
    button_primary_background_fill="#2563eb",
    button_primary_background_fill_hover="#1d4fd8",
    button_primary_background_fill_dark="#2f6bef",
    button_primary_background_fill_hover_dark="#4b80f3",
    button_primary_text_color="#ffffff",
    button_secondary_background_fill="#ffffff",
    button_secondary_background_fill_dark="#26262b",
    button_secondary_background_fill_hover="#f4f4f5",
    button_secondary_background_fill_hover_dark="#303036",
    button_secondary_border_color="#d4d4d8",
    button_secondary_border_color_dark="#3b3b42",
    button_border_width="1px",
    input_background_fill="#ffffff",
    input_background_fill_dark="#18181b",
    input_border_color="#d4d4d8",
    input_border_color_dark="#3b3b42",
    input_border_width="1px",
)
CSS = (_FOLDER / "theme.css").read_text(encoding="utf-8")
HEAD = "".join(
    f"<script>{(_FOLDER / name).read_text(encoding='utf-8')}</script>"
    for name in ("theme.js", "answers.js", "going.js")
)
