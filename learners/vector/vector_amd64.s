//go:build !purego

#include "textflag.h"

// Each number is worked on by itself, rounded after every step, as vector.go does it.

// func addRowAVX(z, row *float32, rows, blocks, stride int)
TEXT ·addRowAVX(SB), NOSPLIT, $0-40
	MOVQ z+0(FP), DI
	MOVQ row+8(FP), SI
	MOVQ rows+16(FP), R8
	MOVQ blocks+24(FP), R9
	MOVQ stride+32(FP), R10

addRowRows:
	MOVQ DI, AX
	MOVQ SI, BX
	MOVQ R9, CX

addRowBlocks:
	VMOVUPS (AX), Y0
	VADDPS  (BX), Y0, Y0
	VMOVUPS Y0, (AX)
	ADDQ    $32, AX
	ADDQ    $32, BX
	DECQ    CX
	JNZ     addRowBlocks
	ADDQ    R10, DI
	DECQ    R8
	JNZ     addRowRows
	VZEROUPPER
	RET

// func addRowReluAVX(z, row *float32, rows, blocks, stride int)
TEXT ·addRowReluAVX(SB), NOSPLIT, $0-40
	MOVQ z+0(FP), DI
	MOVQ row+8(FP), SI
	MOVQ rows+16(FP), R8
	MOVQ blocks+24(FP), R9
	MOVQ stride+32(FP), R10

addReluRows:
	MOVQ DI, AX
	MOVQ SI, BX
	MOVQ R9, CX

addReluBlocks:
	VMOVUPS (AX), Y0
	VADDPS  (BX), Y0, Y0
	VPSRAD  $31, Y0, Y1  // all ones where the sign is negative
	VPANDN  Y0, Y1, Y0
	VMOVUPS Y0, (AX)
	ADDQ    $32, AX
	ADDQ    $32, BX
	DECQ    CX
	JNZ     addReluBlocks
	ADDQ    R10, DI
	DECQ    R8
	JNZ     addReluRows
	VZEROUPPER
	RET

// func reluAVX(z *float32, blocks int)
TEXT ·reluAVX(SB), NOSPLIT, $0-16
	MOVQ z+0(FP), AX
	MOVQ blocks+8(FP), CX

reluBlocks:
	VMOVUPS (AX), Y0
	VPSRAD  $31, Y0, Y1
	VPANDN  Y0, Y1, Y0
	VMOVUPS Y0, (AX)
	ADDQ    $32, AX
	DECQ    CX
	JNZ     reluBlocks
	VZEROUPPER
	RET

// func deriveReluAVX(delta, value *float32, blocks int)
TEXT ·deriveReluAVX(SB), NOSPLIT, $0-24
	MOVQ  delta+0(FP), AX
	MOVQ  value+8(FP), BX
	MOVQ  blocks+16(FP), CX
	VPXOR Y2, Y2, Y2

deriveBlocks:
	VPSUBD  (BX), Y2, Y0 // negative unless the value is 0
	VPSRAD  $31, Y0, Y0
	VPAND   (AX), Y0, Y0
	VMOVUPS Y0, (AX)
	ADDQ    $32, AX
	ADDQ    $32, BX
	DECQ    CX
	JNZ     deriveBlocks
	VZEROUPPER
	RET

// func multiplyAVX(z, by *float32, blocks int)
TEXT ·multiplyAVX(SB), NOSPLIT, $0-24
	MOVQ z+0(FP), AX
	MOVQ by+8(FP), BX
	MOVQ blocks+16(FP), CX

multiplyBlocks:
	VMOVUPS (AX), Y0
	VMULPS  (BX), Y0, Y0
	VMOVUPS Y0, (AX)
	ADDQ    $32, AX
	ADDQ    $32, BX
	DECQ    CX
	JNZ     multiplyBlocks
	VZEROUPPER
	RET

// func addColumnsAVX(sums, z *float32, rows, blocks, stride int)
TEXT ·addColumnsAVX(SB), NOSPLIT, $0-40
	MOVQ sums+0(FP), DI
	MOVQ z+8(FP), SI
	MOVQ rows+16(FP), R8
	MOVQ blocks+24(FP), R9
	MOVQ stride+32(FP), R10

columnBlocks:
	VMOVUPS (DI), Y0
	MOVQ    SI, AX
	MOVQ    R8, CX

columnRows:
	VADDPS  (AX), Y0, Y0
	ADDQ    R10, AX
	DECQ    CX
	JNZ     columnRows
	VMOVUPS Y0, (DI)
	ADDQ    $32, DI
	ADDQ    $32, SI
	DECQ    R9
	JNZ     columnBlocks
	VZEROUPPER
	RET

// func narrowAVX(to *float32, from, offset, factor *float64, blocks int, bound float64)
TEXT ·narrowAVX(SB), NOSPLIT, $0-48
	MOVQ         to+0(FP), DI
	MOVQ         from+8(FP), SI
	MOVQ         offset+16(FP), R8
	MOVQ         factor+24(FP), R9
	MOVQ         blocks+32(FP), CX
	VBROADCASTSD bound+40(FP), Y2
	VXORPD       Y3, Y3, Y3
	VSUBPD       Y2, Y3, Y3

narrowBlocks:
	VMOVUPD    (SI), Y0
	VSUBPD     (R8), Y0, Y0
	VMULPD     (R9), Y0, Y0
	VMINPD     Y0, Y2, Y0
	VMAXPD     Y0, Y3, Y0
	VCVTPD2PSY Y0, X0
	VMOVUPS    X0, (DI)
	ADDQ       $32, SI
	ADDQ       $32, R8
	ADDQ       $32, R9
	ADDQ       $16, DI
	DECQ       CX
	JNZ        narrowBlocks
	VZEROUPPER
	RET

// func adamAVX(p, gradient, m, v *float32, blocks int, c *[6]float32)
TEXT ·adamAVX(SB), NOSPLIT, $0-48
	MOVQ         p+0(FP), DI
	MOVQ         gradient+8(FP), SI
	MOVQ         m+16(FP), R8
	MOVQ         v+24(FP), R9
	MOVQ         blocks+32(FP), CX
	MOVQ         c+40(FP), AX
	VBROADCASTSS (AX), Y10
	VBROADCASTSS 4(AX), Y11
	VBROADCASTSS 8(AX), Y12
	VBROADCASTSS 12(AX), Y13
	VBROADCASTSS 16(AX), Y14
	VBROADCASTSS 20(AX), Y15

adamBlocks:
	VMOVUPS (SI), Y0        // g
	VMULPS  (R8), Y10, Y1
	VMULPS  Y0, Y11, Y2
	VADDPS  Y2, Y1, Y1      // m
	VMOVUPS Y1, (R8)
	VMULPS  (R9), Y12, Y3
	VMULPS  Y0, Y13, Y4
	VMULPS  Y0, Y4, Y4
	VADDPS  Y4, Y3, Y3      // v
	VMOVUPS Y3, (R9)
	VSQRTPS Y3, Y3
	VADDPS  Y15, Y3, Y3
	VMULPS  Y1, Y14, Y1
	VDIVPS  Y3, Y1, Y1
	VMOVUPS (DI), Y5
	VSUBPS  Y1, Y5, Y5
	VMOVUPS Y5, (DI)
	ADDQ    $32, SI
	ADDQ    $32, DI
	ADDQ    $32, R8
	ADDQ    $32, R9
	DECQ    CX
	JNZ     adamBlocks
	VZEROUPPER
	RET
