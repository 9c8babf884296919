"""What a layer says about itself: fields, definition, spatial reference, renderer. No input or output."""
