"""Work that blocks, done on threads while the screen stays responsive."""
